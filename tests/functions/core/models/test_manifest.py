import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from functions.core.models.manifest import Manifest, ManifestError, read_manifest, write_manifest
from tests.support.packages import LOAD, SPEED, make_manifest

MANIFEST = make_manifest("tiny", "1", b"model")
PACKAGES = Path(__file__).resolve().parents[4] / "layers/models"
SPEED_DOCUMENT: dict[str, Any] = {"name": "shaft_speed_rpm", "unit": "rpm", "minimum": 100, "maximum": 6000}


def test_it_survives_json() -> None:
    assert read_manifest(write_manifest(MANIFEST)) == MANIFEST


def test_conditions_survive_json_and_stand_nowhere_without_any() -> None:
    manifest = make_manifest("tiny", "1", b"model", conditions=[SPEED, LOAD])
    assert read_manifest(write_manifest(manifest)) == manifest
    assert manifest.input.conditions_taken == [SPEED, LOAD]
    assert MANIFEST.input.conditions_taken == ()
    assert b"conditions" not in write_manifest(MANIFEST)


@pytest.mark.parametrize("path", sorted(PACKAGES.glob("*/*/manifest.json")), ids=lambda path: path.parts[-3])
def test_a_shipped_manifest_stays_byte_for_byte(path: Path) -> None:
    assert write_manifest(read_manifest(path.read_bytes())) == path.read_bytes()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), 2),
        (("name",), "../tiny"),
        (("name",), "Tiny"),
        (("version",), "0"),
        (("version",), "1.0"),
        (("version",), "01"),
        (("task",), "regression"),
        (("temperature",), 0),
        (("classes",), [{"id": "one", "name": "One"}]),
        (("classes",), [{"id": "one", "name": "One"}, {"id": "one", "name": "Two"}]),
        (("classes", 0, "id"), "with space"),
        (("variants",), []),
        (("variants", 0, "file"), "../../etc/passwd"),
        (("variants", 0, "file"), ".hidden"),
        (("variants", 0, "sha256"), "abc"),
        (("variants", 0, "precision"), "int4"),
        (("variants", 0, "size_bytes"), 0),
        (("default_variant", "x86_64"), "int8"),
        (("default_variant", "riscv"), "fp32"),
        (("input", "channels"), 0),
        (("input", "window"), 0),
        (("input", "sample_rate_hz"), 0),
        (("input", "layout"), "BTC"),
        (("input", "dtype"), "float64"),
        (("preprocessing", "version"), 2),
        (("join", "rule"), "median"),
        (("join", "floor"), 0),
        (("join", "independence"), 1.1),
        (("join", "doubt"), 1),
        (("novelty", "threshold"), 1),
        (("novelty", "scale"), 0),
        (("input", "conditions"), []),
        (("input", "conditions"), [SPEED_DOCUMENT, SPEED_DOCUMENT]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"name": f"n{index}"} for index in range(65)]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"name": "Shaft speed"}]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"minimum": 6000}]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"maximum": 1e39}]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"minimum": None}]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"default": 1000}]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"required": False}]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"required": False, "default": 6001}]),
        (("input", "conditions"), [SPEED_DOCUMENT | {"surprise": 1}]),
        (("surprise",), 1),
        (("evidence", "surprise"), 1),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(path: tuple[str | int, ...], value: Any) -> None:
    document: Any = json.loads(write_manifest(MANIFEST))
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(ManifestError):
        read_manifest(json.dumps(document))


@pytest.mark.parametrize("field", [field.name for field in msgspec.structs.fields(Manifest) if field.required])
def test_what_is_required_is_required(field: str) -> None:
    document = json.loads(write_manifest(MANIFEST))
    del document[field]
    with pytest.raises(ManifestError, match=field):
        read_manifest(json.dumps(document))


def test_a_variant_is_found_by_its_precision() -> None:
    assert MANIFEST.variant("fp32") is MANIFEST.variants[0]
    with pytest.raises(KeyError, match="int8"):
        MANIFEST.variant("int8")


def test_it_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        MANIFEST.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b'{"name": "tiny"}', b"\xff"])
def test_what_is_no_manifest_is_refused(document: bytes) -> None:
    with pytest.raises(ManifestError, match=r"^The manifest is broken: "):
        read_manifest(document)


def test_nothing_is_written_that_could_not_be_read() -> None:
    with pytest.raises(ManifestError, match="temperature"):
        write_manifest(msgspec.structs.replace(MANIFEST, temperature=-1.0))

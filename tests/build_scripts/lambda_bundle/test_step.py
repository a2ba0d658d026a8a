"""The whole step on a tiny project; it needs no network."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from build_scripts.errors import GateFailed
from build_scripts.lambda_bundle.archive import unpacked
from build_scripts.lambda_bundle.errors import BundleError, WheelError
from build_scripts.lambda_bundle.step import BILL, DOCUMENT, Sources, bundle
from tests.support.packages import FILE
from tests.support.wheels import HERE, LICENCE, write_project

TAG = sys.implementation.cache_tag
LAYER = f"layers/runtime-{HERE.name}.zip"

pytestmark = pytest.mark.usefixtures("on_path")


@contextmanager
def another_place(umask: int, zone: str) -> Iterator[None]:
    before, zone_before = os.umask(umask), os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.umask(before)
        os.environ.pop("TZ") if zone_before is None else os.environ.update(TZ=zone_before)
        time.tzset()


def built(root: Path) -> dict[str, bytes]:
    bundle(Sources(root), root / "out", root / "cache", [HERE])
    return {path.relative_to(root / "out").as_posix(): path.read_bytes() for path in (root / "out").rglob("*.*")}


def test_two_builds_in_two_places_give_the_same_bytes(tmp_path: Path) -> None:
    with another_place(0o077, "Pacific/Auckland"):
        first = built(write_project(tmp_path / "here"))
    with another_place(0o002, "America/Los_Angeles"):
        second = built(write_project(tmp_path / "a" / "place" / "far" / "away"))
    assert sorted(first) == sorted(["functions.zip", DOCUMENT, BILL, LAYER, f"layers/models-{HERE.name}.zip"])
    assert first == second


def test_a_build_over_an_older_one_gives_the_same_bytes(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    assert built(root) == built(root)


def test_each_archive_holds_what_lambda_expects(tmp_path: Path) -> None:
    files = built(write_project(tmp_path))
    assert set(unpacked(files["functions.zip"])) == {
        "functions/__init__.py",
        "functions/echo/__init__.py",
        "functions/echo/handler.py",
        "functions/echo/page.html",
        f"functions/__pycache__/__init__.{TAG}.pyc",
        f"functions/echo/__pycache__/__init__.{TAG}.pyc",
        f"functions/echo/__pycache__/handler.{TAG}.pyc",
    }
    runtime = unpacked(files[LAYER])
    assert set(runtime) == {
        "python/tiny/__init__.py",
        f"python/tiny/__pycache__/__init__.{TAG}.pyc",
        "python/tiny-1.0.dist-info/METADATA",
        "licenses/tiny-1.0/LICENSE",
    }
    assert runtime["licenses/tiny-1.0/LICENSE"] == LICENCE.encode()
    assert set(unpacked(files[f"layers/models-{HERE.name}.zip"])) == {
        "models/tiny/1/manifest.json",
        f"models/tiny/1/{FILE}",
    }


def test_the_document_says_what_was_built(tmp_path: Path) -> None:
    files = built(write_project(tmp_path))
    document = json.loads(files[DOCUMENT])
    for path, figures in document["artifacts"].items():
        contents = unpacked(files[path])
        assert figures == {
            "sha256": hashlib.sha256(files[path]).hexdigest(),
            "zipped_bytes": len(files[path]),
            "unzipped_bytes": sum(map(len, contents.values())),
            "files": len(contents),
        }
    assert document["distributions"]["tiny"]["licence_files"] == ["licenses/tiny-1.0/LICENSE"]
    assert document["models"][HERE.name][0]["file"] == FILE
    total = document["totals"][HERE.name]
    assert total["zipped_bytes"] == sum(figures["zipped_bytes"] for figures in document["artifacts"].values())


def test_a_layer_over_its_budget_leaves_nothing(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    recipe = Sources(root).recipe
    recipe.write_text(recipe.read_text().replace("unzipped = ", "unzipped = 0.0001 # "))
    with pytest.raises(
        GateFailed, match=r"runtime-.*, unzipped in MiB failed: measured 0\.000\d+, limit at most 0.0001"
    ):
        built(root)
    assert not (root / "out").exists()


def test_a_bundle_over_its_budget_leaves_nothing(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    recipe = Sources(root).recipe
    recipe.write_text(recipe.read_text().replace("bundle_mib = 110", "bundle_mib = 0.001"))
    with pytest.raises(GateFailed, match=rf"the bundle for {HERE.name}, unzipped in MiB failed"):
        built(root)
    assert not (root / "out").exists()


def test_a_changed_model_leaves_the_last_bundle_as_it_was(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    before = built(root)
    (root / "layers" / "models" / "tiny" / "1" / FILE).write_bytes(b"another")
    with pytest.raises(BundleError, match="its manifest was written for"):
        built(root)
    assert {path: (root / "out" / path).read_bytes() for path in before} == before


def test_a_changed_wheel_is_refused(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    (wheel,) = (root / "cache" / "wheels" / HERE.name).glob("*.whl")
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(WheelError, match="is not a locked file of tiny"):
        built(root)

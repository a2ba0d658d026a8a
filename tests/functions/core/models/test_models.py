import json
import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.core.errors import ModelNotFoundError, ModelUnavailableError, VersionNotFoundError
from functions.core.models import models
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import InputSpec
from functions.core.models.models import ModelRepository, architecture
from tests.support.packages import FILE, WINDOW, write_package


def rewrite(manifest: Path, **changes: Any) -> None:
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))


def test_packages_are_listed_with_versions_in_numeric_order(models_dir: Path) -> None:
    repository = ModelRepository(models_dir)
    assert repository.names() == ["tiny", "tiny-pair", "tiny-plain"]
    assert repository.versions("tiny") == ["2", "10"]


def test_the_newest_version_answers_when_none_is_named(models_dir: Path) -> None:
    repository = ModelRepository(models_dir)
    assert repository.manifest("tiny").version == "10"
    assert repository.manifest("tiny", "2").version == "2"
    assert (repository.find("tiny"), repository.find("tiny", "2")) == ("10", "2")


def test_folders_that_are_no_packages_are_overlooked(own_models_dir: Path) -> None:
    for name in ("tiny/notes", "tiny/draft", "empty/1"):
        (own_models_dir / name).mkdir(parents=True)
    (own_models_dir / "tiny" / "draft" / "manifest.json").write_text("{}")
    repository = ModelRepository(own_models_dir)
    assert repository.names() == ["tiny", "tiny-pair", "tiny-plain"]
    assert repository.versions("tiny") == ["2", "10"]


def test_no_folder_is_no_models(tmp_path: Path) -> None:
    repository = ModelRepository(tmp_path / "nowhere")
    assert repository.names() == []
    with pytest.raises(ModelNotFoundError, match="the models here: none"):
        repository.load("tiny")


@pytest.mark.parametrize("name", ["huge", "", "../tiny", "TINY"])
def test_an_unknown_model_is_not_found_and_those_there_are_named(models_dir: Path, name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="the models here: tiny, tiny-pair, tiny-plain") as refusal:
        ModelRepository(models_dir).load(name)
    assert refusal.value.field == "model"


@pytest.mark.parametrize("version", ["1", "", "010", "latest"])
def test_an_unknown_version_is_not_found(models_dir: Path, version: str) -> None:
    with pytest.raises(VersionNotFoundError, match="it has 2, 10") as refusal:
        ModelRepository(models_dir).load("tiny", version)
    assert refusal.value.field == "version"


def test_a_model_is_loaded_once_also_by_many_threads(models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class CountingEngine(OnnxEngine):
        def __init__(self, model: Path | bytes, threads: int = 1, spec: InputSpec | None = None) -> None:
            made.append(threads)
            super().__init__(model, threads, spec)

    monkeypatch.setattr(models, "OnnxEngine", CountingEngine)
    repository = ModelRepository(models_dir, threads=2)
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: repository.load("tiny"), range(16)))
    assert made == [2]
    assert all(model is loaded[0] for model in loaded)
    assert loaded[0].engine.run(np.zeros((1, 1, WINDOW), np.float32)).logits.tolist() == [[0, 1, 0]]


def test_a_changed_byte_is_unavailable(own_models_dir: Path) -> None:
    file = own_models_dir / "tiny" / "10" / FILE
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    repository = ModelRepository(own_models_dir)
    with pytest.raises(ModelUnavailableError, match="sha256 differs"):
        repository.load("tiny")
    assert repository.load("tiny", "2").manifest.version == "2"


def test_a_missing_file_is_unavailable(own_models_dir: Path) -> None:
    (own_models_dir / "tiny" / "10" / FILE).unlink()
    with pytest.raises(ModelUnavailableError, match=f"{FILE} cannot be read"):
        ModelRepository(own_models_dir).load("tiny")


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff\xfe", b"[]"])
def test_a_broken_manifest_is_unavailable(own_models_dir: Path, content: bytes) -> None:
    (own_models_dir / "tiny" / "10" / "manifest.json").write_bytes(content)
    with pytest.raises(ModelUnavailableError, match="The manifest of tiny 10 is broken"):
        ModelRepository(own_models_dir).manifest("tiny")


@pytest.mark.parametrize("change", [{"name": "other"}, {"version": "11"}])
def test_a_manifest_in_the_wrong_folder_is_unavailable(own_models_dir: Path, change: dict[str, str]) -> None:
    rewrite(own_models_dir / "tiny" / "10" / "manifest.json", **change)
    with pytest.raises(ModelUnavailableError, match="The manifest in tiny/10 is of"):
        ModelRepository(own_models_dir).manifest("tiny")


def test_a_precision_that_the_package_lacks_is_unavailable(models_dir: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="tiny 10 has no variant int8"):
        ModelRepository(models_dir).load("tiny", precision="int8")


def test_a_file_that_is_no_model_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.packages.model_bytes", lambda *_, **__: b"not a model")
    write_package(tmp_path, "tiny", "1")
    with pytest.raises(ModelUnavailableError, match="onnxruntime cannot load the model"):
        ModelRepository(tmp_path).load("tiny")


@pytest.mark.parametrize(
    ("machine", "expected"), [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")]
)
def test_the_architecture_is_named_as_in_manifests(
    monkeypatch: pytest.MonkeyPatch, machine: str, expected: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert architecture() == expected

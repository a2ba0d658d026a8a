import json
from pathlib import Path

import pytest

from build_scripts.build_cli.parser import MODELS
from build_scripts.lambda_bundle.architecture import ARCHITECTURES
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.models import models_layer, tree_of
from build_scripts.lambda_bundle.tree import write_tree
from functions.core.errors import ModelUnavailableError
from functions.core.models.models import ModelRepository
from tests.build_scripts.conftest import shipped_package
from tests.support.packages import FILE, write_package

ARM64 = ARCHITECTURES["arm64"]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_only_manifest_proof_and_the_variant_that_serves_are_in_it(name: str) -> None:
    tree = tree_of(models_layer(MODELS, ARCHITECTURES[name]))
    for model in ("any-bearing", "journal-bearing", "rolling-bearing"):
        folder = shipped_package(model)
        manifest = json.loads((folder / "manifest.json").read_text())
        files = {one["precision"]: one["file"] for one in manifest["variants"]}
        expected = {"manifest.json", "proof.json", files[manifest["default_variant"][name]]}
        assert {
            path.rpartition("/")[2] for path in tree if path.startswith(f"models/{model}/{folder.name}/")
        } == expected
    assert all((MODELS.parent / path).read_bytes() == content for path, content in tree.items())


def test_the_layer_serves_and_a_variant_that_is_not_there_is_reported(tmp_path: Path) -> None:
    write_tree(tree_of(models_layer(MODELS, ARM64)), tmp_path)
    repository = ModelRepository(tmp_path / "models")
    assert repository.names() == ["any-bearing", "journal-bearing", "rolling-bearing"]
    assert repository.load("journal-bearing").precision == "int8"
    with pytest.raises(ModelUnavailableError, match=r"model_fp32\.onnx cannot be read"):
        repository.load("journal-bearing", precision="fp32")


def test_every_version_is_in_it(models_dir: Path) -> None:
    found = [(package.name, package.version) for package in models_layer(models_dir, ARM64)]
    assert found == [("tiny", "2"), ("tiny", "10"), ("tiny-pair", "1"), ("tiny-plain", "1")]


def test_a_changed_byte_of_a_model_stops_the_bundle(tmp_path: Path) -> None:
    path = write_package(tmp_path, "tiny", "1") / FILE
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"model_fp32\.onnx has sha256 [0-9a-f]{64}, its manifest was written for"):
        models_layer(tmp_path, ARM64)


def test_a_missing_file_stops_the_bundle(tmp_path: Path) -> None:
    (write_package(tmp_path, "tiny", "1") / FILE).unlink()
    with pytest.raises(BundleError, match=r"model_fp32\.onnx is missing; its manifest names it"):
        models_layer(tmp_path, ARM64)


def test_a_folder_without_packages_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is no model package in"):
        models_layer(tmp_path, ARM64)

"""A bundle that is missing, incomplete or not the one that was built is refused with what to do."""

from pathlib import Path

import pytest

from cdk.bundle import Bundle, BundleError
from tests.cdk.bundles import write_bundle


def test_a_whole_bundle_is_read(tmp_path: Path) -> None:
    bundle = Bundle(write_bundle(tmp_path / "build"))
    assert bundle.functions == tmp_path / "build/functions.zip"
    assert bundle.layer("runtime", "arm64") == tmp_path / "build/layers/runtime-arm64.zip"
    assert bundle.runtime == "python3.13"
    bundle.require("functions.inference.handler.handler")


def test_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"There is no bundle in .*; run make bundle first\."):
        _ = Bundle(tmp_path).functions


def test_a_missing_layer(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "build")
    (folder / "layers/models-arm64.zip").unlink()
    with pytest.raises(BundleError, match=r"models-arm64\.zip is not there; run make bundle\."):
        Bundle(folder).layer("models", "arm64")


def test_a_changed_byte(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "build")
    with (folder / "functions.zip").open("ab") as archive:
        archive.write(b"x")
    with pytest.raises(BundleError, match=r"is not the file that bundle\.json names; run make bundle again"):
        _ = Bundle(folder).functions


def test_a_bundle_without_the_function(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "build", modules=("functions/inference/handler.py",))
    with pytest.raises(BundleError, match=r"has no functions/rotation/handler\.py; run make bundle again"):
        Bundle(folder).require("functions.rotation.handler.handler")

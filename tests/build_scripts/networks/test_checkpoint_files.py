import re
import zipfile
from pathlib import Path

import pytest
import torch

from build_scripts.errors import CheckpointError
from build_scripts.networks.checkpoint_files import archive_members, checkpoint_file, not_readable


def saved(path: Path) -> Path:
    torch.save({"weight": torch.ones(100)}, path)
    return path


def test_the_model_file_of_a_folder_is_found(tmp_path: Path) -> None:
    assert checkpoint_file(tmp_path / "none.pt") == tmp_path / "none.pt"
    for name in ("pytorch_model.bin", "model.safetensors"):
        (tmp_path / name).touch()
        assert checkpoint_file(tmp_path) == tmp_path / name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (".metadata", r"dcp_to_torch_save\(FOLDER, F\) makes one"),
        ("saved_model.pb", "a file for --onnx by tf2onnx"),
        ("model.safetensors.index.json", "Its weights are in several files"),
        ("epoch=3.ckpt", r"give one file\. It has epoch=3\.ckpt\."),
    ],
)
def test_a_folder_without_a_model_file_is_refused_with_what_to_do(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(CheckpointError, match=sentence):
        checkpoint_file(tmp_path)


def test_an_archive_with_other_bytes_than_were_saved_is_damaged(tmp_path: Path) -> None:
    whole = saved(tmp_path / "w.pt").read_bytes()
    assert "w/data.pkl" in archive_members(tmp_path / "w.pt")
    content = whole.index(torch.ones(100).numpy().tobytes())
    (tmp_path / "w.pt").write_bytes(whole[:content] + b"\xff" + whole[content + 1 :])
    with pytest.raises(CheckpointError, match=r"w\.pt is damaged: its part w/data/0 does not match its checksum\."):
        archive_members(tmp_path / "w.pt")
    names = whole.rindex(b"w/data.pkl")
    (tmp_path / "w.pt").write_bytes(whole[:names] + b"\xfa" + whole[names + 1 :])
    with pytest.raises(CheckpointError, match="is damaged"):
        archive_members(tmp_path / "w.pt")


def test_an_archive_without_checksums_is_whole(tmp_path: Path) -> None:
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        saved(tmp_path / "w.pt")
    finally:
        torch.serialization.set_crc32_options(before)
    assert "w/data.pkl" in archive_members(tmp_path / "w.pt")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["config.json", "model.weights.h5"], r'a file of Keras; its model\.export\(F, format="onnx"\)'),
        (["fc.weight.npy"], r"an archive of NumPy's arrays \(fc\.weight\.npy\)"),
        (["runs/best.pt"], r"an archive of other files \(runs/best\.pt\); unpack it"),
    ],
)
def test_an_archive_of_another_form_is_named(tmp_path: Path, names: list[str], sentence: str) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "")
    assert re.search(sentence, not_readable(tmp_path / "m.zip") or "")

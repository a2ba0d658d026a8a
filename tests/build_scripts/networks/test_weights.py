import bz2
import lzma
import pickle
from argparse import Namespace
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from build_scripts.errors import CheckpointError
from build_scripts.networks.weights import read_weights

WEIGHTS = {"fc.weight": torch.ones(2, 3), "fc.bias": torch.zeros(2)}


def save(content: object, folder: Path, **options: Any) -> Path:
    torch.save(content, folder / "c.pt", **options)
    return folder / "c.pt"


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model"])
@pytest.mark.parametrize("new_format", [True, False])
def test_weights_beside_other_things_are_found(tmp_path: Path, key: str, new_format: bool) -> None:
    path = save({"epoch": 7, key: WEIGHTS}, tmp_path, _use_new_zipfile_serialization=new_format)
    found = read_weights(path)
    assert list(found) == [key]
    assert torch.equal(found[key]["fc.weight"], WEIGHTS["fc.weight"])


class Schedule:
    """An object of a training framework, of a class that is not known here."""

    def __init__(self) -> None:
        self.steps = 7


def test_what_a_training_keeps_beside_the_weights_is_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    optimizer = torch.optim.AdamW([nn.Parameter(torch.ones(2))])
    optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
    optimizer.step()
    beside = {
        "optimizer": optimizer.state_dict(),
        "arguments": Namespace(rate=0.1, out=Path("runs/1")),
        "best": np.float64(0.97),
        "curve": np.arange(3.0),
        "counts": defaultdict(list, {"a": [1]}),
        "schedule": Schedule(),
        "folder": Path("runs"),
    }
    with caplog.at_level("INFO", "build"):
        found = read_weights(save(beside | {"state_dict": WEIGHTS}, tmp_path))
    assert next(iter(found)) == "state_dict"
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("beside the weights c.pt holds argparse.Namespace, pathlib.PosixPath, ")
    assert line.endswith(f"{Schedule.__module__}.Schedule: skipped, not run")


def test_weights_as_arrays_of_numpy_are_tensors(tmp_path: Path) -> None:
    found = read_weights(save({"w": np.ones((2, 3), np.float32)}, tmp_path))
    assert torch.equal(found[""]["w"], torch.ones(2, 3))


def test_safetensors_are_read(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "w.bin")
    assert sorted(read_weights(tmp_path / "w.bin")[""]) == ["fc.bias", "fc.weight"]
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "w.bin").read_bytes()[:-3])
    with pytest.raises(CheckpointError, match="is a broken safetensors file"):
        read_weights(tmp_path / "cut.safetensors")


class Payload:
    """An object of a malicious checkpoint."""

    def __init__(self, call: tuple[object, tuple[object, ...]]) -> None:
        self._call = call

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self._call


@pytest.mark.parametrize("call", [(Path.touch, (Path("pwned"),)), (exec, ("open('pwned', 'w')",))])
def test_pickled_code_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: tuple[Any, tuple[Any, ...]]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match=r"holds code.* \(builtins\.\w+.*\); it is not run"):
        read_weights(save({"evil": Payload(call)}, tmp_path))
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Payload(call), protocol=2))
    with pytest.raises(CheckpointError, match=r"holds code|not a readable"):
        read_weights(tmp_path / "evil.pt")
    assert not (tmp_path / "pwned").exists()


def test_a_call_beside_weights_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = read_weights(save({"evil": Payload((exec, ("open('pwned', 'w')",))), "state_dict": WEIGHTS}, tmp_path))
    assert list(found) == ["state_dict"]
    assert not (tmp_path / "pwned").exists()


def test_a_call_into_the_operating_system_is_refused(tmp_path: Path) -> None:
    import os

    with pytest.raises(CheckpointError, match="it holds code; it is not run"):
        read_weights(save({"evil": Payload((os.system, ("true",))), "state_dict": WEIGHTS}, tmp_path))


def test_a_whole_module_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"holds code, not only weights \(torch\.nn\.modules\.linear\.Linear.*Save"
    ):
        read_weights(save(nn.Linear(2, 2), tmp_path))


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "bad.pt", "is not a readable checkpoint: it is empty"),
        (b"not a checkpoint", "bad.pt", "is no checkpoint|is not a readable checkpoint"),
        (b"PK\x03\x04broken", "bad.pt", "is not a readable checkpoint: its end is missing; copy it anew"),
        (b"version https://git-lfs.github.com/spec/v1\noid ", "bad.pt", "a pointer of Git LFS; git lfs pull fetches"),
        (b"\x89HDF\r\n\x1a\n0000", "bad.h5", "it is an HDF5 file, .* for --onnx"),
        (bytes(range(256)) * 8, "bad.pt", "is no checkpoint|is not a readable checkpoint"),
        (b"\x1f\x8b\x08\x00\x00", "bad.tar.gz", "is not a readable checkpoint: it is packed by gzip; unpack it"),
        (bz2.compress(b"weights", 1), "bad.tar.bz2", "it is packed by bzip2; unpack it"),
        (lzma.compress(b"weights"), "bad.tar.xz", "it is packed by XZ; unpack it"),
        (b"\x08\x08\x12\x07pytorch", "bad.onnx", "an ONNX file is given with --onnx"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes, name: str, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=sentence):
        read_weights(tmp_path / name)


def test_a_checkpoint_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = save(WEIGHTS, tmp_path).read_bytes()
    for size in (10, len(whole) // 2, len(whole) - 30):
        (tmp_path / "cut.pt").write_bytes(whole[:size])
        with pytest.raises(CheckpointError):
            read_weights(tmp_path / "cut.pt")


def test_a_missing_checkpoint_and_one_without_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"There is no file .*none\.pt"):
        read_weights(tmp_path / "none.pt")
    with pytest.raises(CheckpointError, match="has no weights"):
        read_weights(save({"epoch": 3}, tmp_path))


def test_weights_without_values_are_none_and_sparse_ones_become_dense(tmp_path: Path) -> None:
    content = {"far": torch.ones(2, device="meta"), "thin": torch.eye(3).to_sparse()}
    found = read_weights(save(content, tmp_path))
    assert list(found[""]) == ["thin"]
    assert torch.equal(found[""]["thin"], torch.eye(3))

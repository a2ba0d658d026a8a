import json
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from build_scripts.errors import CheckpointError
from build_scripts.networks.programs import read_program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "p.pt2"
    batch = torch.export.Dim.DYNAMIC
    torch.export.save(torch.export.export(nn.Linear(4, 2), (torch.zeros(2, 4),), dynamic_shapes=({0: batch},)), path)
    return path


def rewritten(program: Path, path: Path, **files: bytes) -> Path:
    """Copy a program with one of its files replaced or added, by the end of the name."""
    with zipfile.ZipFile(program) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        content = {name: source.read(name) for name in source.namelist()}
        root = next(iter(content)).partition("/")[0]
        for name, data in (content | {f"{root}/{name}": data for name, data in files.items()}).items():
            target.writestr(name, data)
    return path


def test_a_program_runs_as_it_was_saved(program: Path) -> None:
    network = read_program(program)
    assert network is not None
    assert not network.training
    assert network.eval()(torch.zeros(3, 4)).shape == (3, 2)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"weights"])
def test_another_file_is_no_program(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(content)
    assert read_program(tmp_path / "w.pt") is None
    assert read_program(tmp_path / "none.pt") is None


def test_a_program_that_is_more_than_a_graph_is_refused(program: Path, tmp_path: Path) -> None:
    compiled = rewritten(program, tmp_path / "a.pt2", **{"data/aotinductor/model/library.so": b""})
    with pytest.raises(CheckpointError, match="holds a compiled library, which is not run"):
        read_program(compiled)


EVIL = json.dumps("__import__('os').system('touch pwned')")


@pytest.mark.parametrize(
    "member",
    [
        f'"expr_str": {EVIL}',
        f'"expr\\u005fstr": {EVIL}',
        f'"expr_str": {EVIL}, "expr_str": "s0"',
        f'"expr_str": [{EVIL}]',
    ],
)
def test_an_expression_that_is_code_is_not_read(member: str, program: Path, tmp_path: Path) -> None:
    bad = rewritten(program, tmp_path / "b.pt2", **{"models/model.json": _document(program, member)})
    with pytest.raises(CheckpointError, match="holds an expression that is no arithmetic"):
        read_program(bad)


def test_a_part_that_stands_twice_is_not_read(program: Path, tmp_path: Path) -> None:
    bad = _document(program, f'"expr_str": {EVIL}')
    path = rewritten(program, tmp_path / "d.pt2", **{"models/MODEL.json": bad})
    with pytest.raises(CheckpointError, match=r"holds the part \w+/models/model\.json more than once"):
        read_program(path)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000])
def test_a_part_that_is_no_json_is_not_read(content: bytes, program: Path, tmp_path: Path) -> None:
    bad = rewritten(program, tmp_path / "e.pt2", **{"models/model.json": content})
    with pytest.raises(CheckpointError, match="holds a part that is no JSON"):
        read_program(bad)


def _document(program: Path, member: str) -> bytes:
    """Return the graph of a program with its first expression replaced by a member."""
    with zipfile.ZipFile(program) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("models/model.json"))
        document = archive.read(name).decode()
    before, _, rest = document.partition('"expr_str": "')
    return (before + member + rest.partition('"')[2]).encode()


def test_a_broken_program_is_one_sentence(program: Path, tmp_path: Path) -> None:
    broken = rewritten(program, tmp_path / "c.pt2", **{"models/model.json": b"{}"})
    with pytest.raises(CheckpointError, match=r"is a torch\.export file that PyTorch .* cannot read"):
        read_program(broken)

import importlib.util
import marshal
import os
import platform
import shutil
import sys
from pathlib import Path

import pytest

from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.packages import interpreter as module
from build_scripts.lambda_bundle.packages.interpreter import Interpreter, target_python, with_bytecode
from build_scripts.lambda_bundle.recipe import Recipe

TREE = {"pack/mod.py": b"KINDS = {'a', 'b', 'c'} or frozenset('xyz')\ndef f():\n    return 'text'\n", "pack/x.txt": b""}
COMPILED = f"pack/__pycache__/mod.{sys.implementation.cache_tag}.pyc"


def test_a_python_of_the_version_on_the_path_is_taken(on_path: Path, tmp_path: Path) -> None:
    found = target_python(platform.python_version(), tmp_path)
    assert [Path(part).parent for part in found.command] == [on_path]
    assert found.run(["-c", "print(6 * 7)"]) == "42\n"


def test_another_patch_level_is_not_taken_and_the_right_one_is_named(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "mmdebstrap" else which(name))
    minor = platform.python_version().rpartition(".")[0]
    with pytest.raises(BundleError, match=r"mmdebstrap is not installed; on Debian: apt install mmdebstrap\."):
        target_python(f"{minor}.99", tmp_path)


def test_a_command_that_cannot_run_is_not_taken(on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = on_path.iterdir()
    command.unlink()
    command.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 127\n")
    command.chmod(0o755)
    monkeypatch.setattr(module, "_make_root", lambda *_: None)
    with pytest.raises(BundleError, match="has no loader of shared libraries: remove it"):
        target_python(platform.python_version(), tmp_path)


def test_a_newer_debian_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(module, "_make_root", lambda *_: None)
    monkeypatch.setattr(module, "_in_root", lambda *_: Interpreter([sys.executable]))
    here = platform.python_version()
    with pytest.raises(BundleError, match=rf"Debian trixie has Python {here}, the layer's recipe asks for 3\.13\.99"):
        target_python("3.13.99", tmp_path)


def test_a_root_that_cannot_be_made_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "mmdebstrap"
    broken.write_text("#!/bin/sh\necho 'E: no such suite' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(broken) if name == "mmdebstrap" else None)
    with pytest.raises(
        BundleError, match=r"made by Python 3\.13, of this machine or of Debian trixie: mmdebstrap cannot"
    ):
        target_python("3.13.99", tmp_path)
    assert not (tmp_path / "python-3.13.99" / ".complete").exists()


def test_debian_s_python_is_the_recipe_s(recipe: Recipe, target: Interpreter) -> None:
    told = "import platform, importlib.util as u; print(platform.python_version(), u.MAGIC_NUMBER.hex())"
    magic = recipe.bytecode_magic.to_bytes(2, "little") + b"\r\n"
    assert target.run(["-I", "-c", told]).split() == [recipe.python, magic.hex()]


def test_each_source_has_bytecode_that_is_never_checked(this_python: Interpreter) -> None:
    tree = with_bytecode(TREE, this_python, "/opt")
    assert set(tree) == {*TREE, COMPILED}
    flags = int.from_bytes(tree[COMPILED][4:8], "little")
    assert (tree[COMPILED][:4], flags) == (importlib.util.MAGIC_NUMBER, 0b01)


def test_tracebacks_name_the_place_on_lambda(this_python: Interpreter) -> None:
    code = marshal.loads(with_bytecode(TREE, this_python, "/var/task")[COMPILED][16:])
    assert code.co_filename == "/var/task/pack/mod.py"


def test_bytecode_does_not_depend_on_where_and_how_it_is_made(
    this_python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = with_bytecode(TREE, this_python, "/opt")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    umask = os.umask(0o077)
    try:
        assert with_bytecode(TREE, this_python, "/opt") == first
    finally:
        os.umask(umask)


def test_a_source_that_cannot_be_compiled_is_reported(this_python: Interpreter) -> None:
    with pytest.raises(BundleError, match=r"failed: .*SyntaxError|failed: .*invalid syntax"):
        with_bytecode({"broken.py": b"def :\n"}, this_python, "/opt")

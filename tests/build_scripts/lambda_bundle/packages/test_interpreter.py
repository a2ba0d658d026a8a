import platform
import shutil
import sys
from pathlib import Path

import pytest

from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.packages import interpreter as module
from build_scripts.lambda_bundle.packages.interpreter import Interpreter, target_python
from build_scripts.lambda_bundle.recipe import Recipe


def test_a_python_of_the_version_on_the_path_is_taken(on_path: Path, tmp_path: Path) -> None:
    found = target_python(platform.python_version(), tmp_path)
    assert [Path(part).parent for part in found.command] == [on_path]
    assert found.run(["-c", "print(6 * 7)"]) == "42\n"


def test_another_patch_level_is_not_taken_and_what_to_install_is_said(
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


def test_debian_having_moved_on_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    with pytest.raises(BundleError, match="mmdebstrap failed: E: no such suite"):
        target_python("3.13.99", tmp_path)
    assert not (tmp_path / "python-3.13.99" / ".complete").exists()


def test_debian_s_python_is_the_recipe_s(recipe: Recipe, target: Interpreter) -> None:
    told = "import platform, importlib.util as u; print(platform.python_version(), u.MAGIC_NUMBER.hex())"
    magic = recipe.bytecode_magic.to_bytes(2, "little") + b"\r\n"
    assert target.run(["-I", "-c", told]).split() == [recipe.python, magic.hex()]

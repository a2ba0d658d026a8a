import zipfile
from pathlib import Path

import pytest

from build_scripts.lambda_bundle.architecture import ARCHITECTURES
from build_scripts.lambda_bundle.errors import WheelError
from build_scripts.lambda_bundle.packages import wheels as module
from build_scripts.lambda_bundle.packages.lock import Pin, read_pins
from build_scripts.lambda_bundle.packages.wheels import fetch_wheels, unpack
from build_scripts.lambda_bundle.recipe import Recipe
from tests.support.wheels import locked, write_wheel

X86_64 = ARCHITECTURES["x86_64"]


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip finds nothing: what is not in the cache cannot be had."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


def pins_of(tmp_path: Path, *wheels: Path) -> list[Pin]:
    lock = tmp_path / "lock.txt"
    lock.write_text(locked(*wheels))
    return list(read_pins(lock, X86_64, "3.13.5"))


def test_a_cached_wheel_is_not_downloaded_again(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_wheel(tmp_path / "x86_64", "tiny", "1.0", {"tiny.py": b""}, "cp313-cp313-manylinux_2_28_x86_64")
    (tmp_path / "x86_64" / "somebody's.whl").touch()
    monkeypatch.setattr(module, "_download", None)
    (wheel,) = fetch_wheels(pins_of(tmp_path, path), X86_64, recipe, tmp_path)
    assert wheel.path == path
    assert wheel.sha256 in wheel.pin.hashes


def test_a_changed_byte_in_the_cache_is_found(recipe: Recipe, tmp_path: Path) -> None:
    path = write_wheel(tmp_path / "x86_64", "tiny", "1.0", {"tiny.py": b""})
    pins = pins_of(tmp_path, path)
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    with pytest.raises(WheelError, match=r"tiny-1\.0-py3-none-any\.whl is not a locked file of tiny 1\.0"):
        fetch_wheels(pins, X86_64, recipe, tmp_path)


def test_a_wheel_for_another_architecture_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    path = write_wheel(tmp_path / "x86_64", "tiny", "1.0", {}, "cp313-cp313-manylinux_2_28_aarch64")
    with pytest.raises(WheelError, match=r"tiny-1\.0-cp313-cp313-manylinux_2_28_aarch64\.whl is not for x86_64"):
        fetch_wheels(pins_of(tmp_path, path), X86_64, recipe, tmp_path)


def test_two_wheels_of_one_pin_are_refused(recipe: Recipe, tmp_path: Path) -> None:
    path = write_wheel(tmp_path / "x86_64", "tiny", "1.0", {})
    write_wheel(tmp_path / "x86_64", "tiny", "1.0", {}, "py2.py3-none-any")
    with pytest.raises(WheelError, match=r"has 2 wheels of tiny 1\.0, not 1: remove them"):
        fetch_wheels(pins_of(tmp_path, path), X86_64, recipe, tmp_path)


def test_what_pip_cannot_get_is_reported(recipe: Recipe, tmp_path: Path) -> None:
    path = write_wheel(tmp_path / "elsewhere", "no-such-distribution".replace("-", "_"), "1.0", {})
    with pytest.raises(WheelError, match=r"did not get the wheels for x86_64: ERROR: .*no-such-distribution==1\.0"):
        fetch_wheels(pins_of(tmp_path, path), X86_64, recipe, tmp_path)


def test_libraries_of_a_wheel_s_data_folder_are_unpacked_and_nothing_else_of_it(tmp_path: Path) -> None:
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("tiny/a.py", "tiny-1.0.data/platlib/tiny/b.so", "tiny-1.0.data/scripts/tiny", "tiny/empty/"):
            archive.writestr(name, name)
    assert unpack(path) == {"tiny/a.py": b"tiny/a.py", "tiny/b.so": b"tiny-1.0.data/platlib/tiny/b.so"}

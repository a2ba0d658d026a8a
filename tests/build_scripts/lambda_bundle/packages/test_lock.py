from pathlib import Path

import pytest

from build_scripts.build_cli.parser import ROOT
from build_scripts.lambda_bundle.architecture import ARCHITECTURES
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.packages.lock import read_pins
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.step import Sources

HASH = "a" * 64


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_markers_are_asked_of_the_target_not_of_this_python(recipe: Recipe, name: str) -> None:
    pins = {str(pin.name): pin for pin in read_pins(Sources(ROOT).lock, ARCHITECTURES[name], recipe.python)}
    text = Sources(ROOT).lock.read_text()
    assert f"numpy=={pins['numpy'].version} ; python_full_version >= '3.12'" in text
    assert list(pins) == sorted(pins)
    assert all(pin.hashes for pin in pins.values())


def test_a_pin_is_a_line_with_its_hashes_and_no_marker(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        f"# comment\nUv_Loop==1.0 ; sys_platform != 'win32' \\\n    --hash=sha256:{HASH}\n"
        f"odd==2 ; platform_machine == 'aarch64' \\\n    --hash=sha256:{HASH}\n"
    )
    x86_64 = read_pins(lock, ARCHITECTURES["x86_64"], "3.13.5")
    arm64 = read_pins(lock, ARCHITECTURES["arm64"], "3.13.5")
    assert [pin.as_requirement() for pin in x86_64] == [f"uv-loop==1.0 --hash=sha256:{HASH}"]
    assert [pin.name for pin in arm64] == ["odd", "uv-loop"]


@pytest.mark.parametrize("entry", ["free==1.0", f"free>=1.0 --hash=sha256:{HASH}"])
def test_what_is_not_locked_is_refused(tmp_path: Path, entry: str) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"{entry}\n")
    with pytest.raises(BundleError, match="free is not locked to one version with hashes"):
        read_pins(lock, ARCHITECTURES["arm64"], "3.13.5")

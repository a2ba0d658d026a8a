import json
import platform
import shutil
from pathlib import Path

import numpy as np
import pytest

from build_scripts.__main__ import main
from build_scripts.data.records import RecordSet, write_records
from build_scripts.errors import EmulationError
from build_scripts.evidence.card.step import write_card
from build_scripts.evidence.other_processors import processors
from build_scripts.evidence.other_processors.processors import Run, answers, haswell_command
from build_scripts.evidence.other_processors.step import Comparison, Emulation, keep, read_kept, spread_windows
from tests.build_scripts.conftest import WINDOW, shipped_package
from tests.support.packages import LOAD, SPEED, model_bytes

FOUND = Emulation("a slow one", ("AVX2",), 8, {"int8": Comparison(0.9, 0.91, 0.99, 0.5, 1.0, 0.7)}, {"7 bits": 0.0})
QEMU = pytest.mark.skipif(
    shutil.which("qemu-x86_64") is None or platform.machine() != "x86_64",
    reason="qemu-user is not installed on this x86-64 machine: apt install qemu-user",
)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    shipped = shipped_package("journal-bearing")
    copy = tmp_path / "models" / "journal-bearing" / shipped.name
    shutil.copytree(shipped, copy)
    (copy / "processors.json").unlink(missing_ok=True)
    return tmp_path / "models"


def test_windows_are_spread_over_records_and_within_them(records: RecordSet) -> None:
    spread = spread_windows(records, WINDOW, 88)
    assert spread.windows.shape == (88, 1, WINDOW)
    assert spread.conditions is None
    assert np.array_equal(spread.label, np.repeat(records.label, 2))
    assert np.array_equal(spread.windows[0], records.windows(0, WINDOW)[0])
    assert np.array_equal(spread.windows[1], records.windows(0, WINDOW)[2])


def test_a_model_with_conditions_gets_them_as_its_second_input(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(model_bytes(conditions=[SPEED, LOAD]))
    windows, conditions = np.zeros((2, 1, 2048), np.float32), np.array([[1000, 0.5], [4000, 2]], np.float32)
    (found,) = answers("native", [Run(model, windows, conditions)], tmp_path)
    np.testing.assert_allclose(found.logits, np.array([[1, 1.5, -1], [4, 3, -4]], np.float32), atol=1e-5)


def test_what_was_found_is_kept_by_processor_and_shown_on_the_card(models: Path) -> None:
    (folder,) = (models / "journal-bearing").iterdir()
    assert read_kept(folder) == {}
    keep(FOUND, "slow", folder)
    keep(FOUND, "other", folder)
    assert read_kept(folder) == {"slow": FOUND, "other": FOUND}
    card = write_card(folder).read_text()
    assert "| a slow one | int8 | 8 | 90.00% (91.00%) | 99.00% | 0.5 | 100.00% |" in card
    assert "a slow one: 7 bits 0" in card


@QEMU
def test_seven_bits_hold_where_eight_overflow(
    models: Path, records: RecordSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(write_records(records, tmp_path / "records.npz"))
    command = ["emulate", "--processor", "haswell", "--data", data, "--windows", "16", "--models", str(models)]
    assert main([*command, "--write", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert "AVX2" in report["cpu_features"]
    assert not [name for name in report["cpu_features"] if name.startswith("AVX512") or "VNNI" in name]
    assert report["control_difference"]["7 bits"] == 0
    int8 = report["variants"]["int8"]
    assert (int8["agreement"], int8["loud_agreement"], int8["accuracy"]) == (1.0, 1.0, int8["native_accuracy"])
    assert int8["max_abs_difference"] < 1e-3
    if "avx512_vnni" in Path("/proc/cpuinfo").read_text():
        assert report["control_difference"]["8 bits"] > 0.1
    (card,) = models.glob("journal-bearing/*/CARD.md")
    assert "## Other processors" in card.read_text()


def test_a_missing_emulator_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processors.shutil, "which", lambda _: None)  # type: ignore[attr-defined]
    with pytest.raises(EmulationError, match="qemu-x86_64 is not installed; on Debian: apt install qemu-user"):
        haswell_command(tmp_path)


def test_a_run_that_fails_says_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(EmulationError, match=r"run on native failed with status 1: .*none\.onnx"):
        answers("native", [Run(tmp_path / "none.onnx", np.zeros((1, 1, 8), np.float32))], tmp_path)

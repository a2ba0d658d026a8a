"""Nothing hangs because the machine has other things to do."""

import pytest

from tests.support.waiting import SECONDS


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("block.HANG_S", "soak.HANG_S", "connections._HANG_S", "fuzzing._STALLED_S"):
        monkeypatch.setattr(f"build_scripts.benchmarks.attack.{limit}", SECONDS)

"""Readings of the kernel and of NVIDIA's library, from files and a library made for the tests."""

import ctypes
from pathlib import Path
from typing import Any

import pytest

from functions.container import gpu_memory
from functions.container.gpu_memory import gpu_memory_bytes
from functions.container.system import CpuShare, memory_percent


def test_the_processors_share_is_of_the_time_since_last_asked(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n")
    share = CpuShare(tmp_path)
    stat.write_text("cpu  130 0 120 740 110 0 0 0 9 9\ncpu0 1 2 3\n")
    assert share.percent() == pytest.approx(50)
    assert share.percent() == 0


def test_memory_is_what_is_not_available(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text(
        "MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:  250 kB\nHugePages_Total: 0\n"
    )
    assert memory_percent(tmp_path) == pytest.approx(75)


def test_other_systems_have_no_figures(tmp_path: Path) -> None:
    assert (CpuShare(tmp_path).percent(), memory_percent(tmp_path)) == (None, None)


class FakeNvml:
    """Two GPUs, the second of which does not answer."""

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:  # noqa: N802 - the library's name
        count._obj.value = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: int, handle: Any) -> int:  # noqa: N802 - the library's name
        handle._obj.value = index + 1
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle: ctypes.c_void_p, memory: Any) -> int:  # noqa: N802 - the library's name
        memory._obj.used = 3_000_000_000
        return 0 if handle.value == 1 else 999


def test_gpu_memory_is_of_each_gpu_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_memory, "_library", FakeNvml)
    assert gpu_memory_bytes() == {"0": 3_000_000_000}


def test_without_the_library_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_memory, "_library", lambda: None)
    assert gpu_memory_bytes() == {}

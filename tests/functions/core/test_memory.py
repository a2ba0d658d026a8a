"""Keeping of freed memory, where the C library is glibc."""

import platform
import sys

import pytest

from functions.core import memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_glibc_agrees() -> None:
    assert memory.keep_freed_memory() is True


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert memory.keep_freed_memory() is False

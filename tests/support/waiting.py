"""Waiting for what happens sooner or later, whatever else the machine does."""

import asyncio
import time
from collections.abc import Callable

# A limit for what hangs, not for what is slow.
SECONDS = 300
_PAUSE_S = 0.01


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(_PAUSE_S)


async def until_async(happened: Callable[[], bool]) -> None:
    """Wait for something that the event loop does."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline
        await asyncio.sleep(_PAUSE_S / 10)

"""The cost of reading a body: counted, never timed."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress

from functions.core.errors import PalierError

# What a reader takes whatever the size of the body: caches, buffers that are kept.
FIXED_BYTES = 300_000


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that work held at once, beside what was there; a refusal is a result like any other."""
    with suppress(PalierError):
        work()
    tracemalloc.start()
    try:
        with suppress(PalierError):
            work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def assert_linear(costs: tuple[float, float], sizes: tuple[int, int]) -> None:
    """Check that the cost of the larger of two bodies is higher in the ratio of their sizes, and no more."""
    assert costs[1] - FIXED_BYTES <= 1.3 * costs[0] * sizes[1] / sizes[0], (costs, sizes)


def assert_linear_memory(read: Callable[[bytes], object], bodies: tuple[bytes, bytes], most: float) -> None:
    """Check that memory grows as a body does, and is never more than so many times the body."""
    peaks = peak_bytes(lambda: read(bodies[0])), peak_bytes(lambda: read(bodies[1]))
    sizes = len(bodies[0]), len(bodies[1])
    assert_linear(peaks, sizes)
    assert peaks[1] <= most * sizes[1] + FIXED_BYTES, (peaks, sizes)

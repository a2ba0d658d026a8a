"""Trying again where another writer came first: not at once, and not all at the same time."""

import random
import time
from collections.abc import Iterator


def tries(count: int, first_s: float) -> Iterator[int]:
    """Yield the numbers of tries, from 0 on, and wait between two of them.

    Args:
        count: how many there are at most.
        first_s: the longest first wait in seconds; each wait is random, and its bound twice the one before.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
    """
    for number in range(count):
        if number:
            time.sleep(random.uniform(0, first_s * 2 ** (number - 1)))  # noqa: S311 - not for secrecy
        yield number

"""Retries with random, growing pauses, for writes that conflict with other writers."""

import random
import time
from collections.abc import Iterator


def tries(count: int, first_s: float) -> Iterator[int]:
    """Yield the numbers of tries, from 0 on, and pause before each further one.

    Args:
        count: how many tries there are at most.
        first_s: the longest first pause in seconds; each pause is random, and its bound twice the one before.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
    """
    for number in range(count):
        if number:
            time.sleep(random.uniform(0, first_s * 2 ** (number - 1)))  # noqa: S311 - not for secrecy
        yield number

"""A short cold start: what a handler does around its imports."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

# numpy's OpenBLAS starts a thread for each processor when it loads, and no request multiplies matrices with it.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}


@contextmanager
def quick_start() -> Iterator[None]:
    """Import and build without the garbage collector: all that is made while a function starts stays.

    What was made is then left out of every later collection.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

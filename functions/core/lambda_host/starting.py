"""A short cold start: what a handler does around its imports."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

# Read by libraries when they load. numpy's OpenBLAS starts a thread for each processor, and no request multiplies
# matrices with it.
LIBRARY_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}


@contextmanager
def quick_start() -> Iterator[None]:
    """Import and build without the garbage collector: all that is made while a function starts stays.

    What was made is then left out of every later collection.
    """
    for name, value in LIBRARY_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

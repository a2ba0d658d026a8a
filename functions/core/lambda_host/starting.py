"""A short cold start: what a handler does around its imports."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Read by libraries when they load. numpy's OpenBLAS starts a thread for each processor, and no request multiplies
# matrices with it.
LIBRARY_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}

# What cdk/smoke/hook.py sends to a new version before its first request; nobody but who may invoke the function can.
PROBE = {"palier": "probe"}

Handler = Callable[[Any, Any], dict[str, Any]]


def answering_probes(handler: Handler, probe: Callable[[], object]) -> Handler:
    """Return a handler that does `probe` for a probe, and passes every other event on.

    Args:
        handler: answers requests.
        probe: does what a first request would do, without a key; what it raises fails the invocation.
    """

    def answer(event: Any, context: Any) -> dict[str, Any]:
        if event == PROBE:
            probe()
            return {"probed": True}
        return handler(event, context)

    return answer


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

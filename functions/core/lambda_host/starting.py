"""Shortening of a handler's cold start, and its answer to probes of a new version."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Variables that libraries read when they load. numpy's OpenBLAS would start a thread for each processor, and the
# matrices of a request are too small to be shared among them.
LIBRARY_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}

# The event that cdk/smoke/hook.py sends to a new version before its first request; it takes the right to invoke it.
PROBE = {"palier": "probe"}

Handler = Callable[[Any, Any], dict[str, Any]]


def answering_probes(handler: Handler, probe: Callable[[], object]) -> Handler:
    """Return a handler that calls `probe` for a probe event, and passes every other event on.

    Args:
        handler: answers requests.
        probe: does the work of a first request, without a key; an exception fails the invocation.
    """

    def answer(event: Any, context: Any) -> dict[str, Any]:
        if event == PROBE:
            probe()
            return {"probed": True}
        return handler(event, context)

    return answer


@contextmanager
def quick_start() -> Iterator[None]:
    """Switch the garbage collector off while a function starts: all objects that the start makes stay.

    Afterwards these objects are left out of every later collection.
    """
    for name, value in LIBRARY_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

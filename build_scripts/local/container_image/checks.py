"""Checks of an image: within its size, unprivileged, healthy, right, closed to writing, and ended by SIGTERM."""

import signal
from collections.abc import Iterator, Mapping
from typing import Any

from build_scripts.errors import BuildError

# Measured 424 MB and 2.87 GB with the base, and room for an update of a package. SageMaker takes 10 GB at most.
BUDGET_BYTES: Mapping[str, int] = {"container": 450_000_000, "gpu": 3_050_000_000}
USER = [10001, 10001]


def check(lock: str, size_bytes: int, report: Mapping[str, Any]) -> None:
    """Check an image.

    Raises:
        BuildError: it is not as it must be; the message has every fault with what was measured.
    """
    if faults := list(_faults(lock, size_bytes, report)):
        raise BuildError(f"The image of {lock}.txt is not as it must be: {'; '.join(faults)}.")


def _faults(lock: str, size_bytes: int, report: Mapping[str, Any]) -> Iterator[str]:
    if size_bytes > BUDGET_BYTES[lock]:
        yield f"it has {size_bytes / 1e6:.0f} MB, above its budget of {BUDGET_BYTES[lock] / 1e6:.0f} MB"
    if report["user"] != USER:
        yield f"it runs as {report['user']} instead of {USER}"
    if report["health_before"] == 0:
        yield "its health check passes before the server is started"
    if report["health"] != 0:
        yield f"its health check ends with {report['health']}, {report['healthy_after_s']} s after the start"
    if report["answer"]["status"] != 200:
        yield f"a diagnosis is answered {report['answer']['status']}"
    if report["written"]:
        yield f"files can be written in {', '.join(report['written'])}"
    if report["ended"] not in {0, -signal.SIGTERM}:
        yield f"it ends with {report['ended']} on SIGTERM"

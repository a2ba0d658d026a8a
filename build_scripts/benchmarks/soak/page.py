"""The soak as a section of the benchmark page; every figure comes from the report."""

from collections.abc import Mapping
from typing import Any

from build_scripts.evidence.card.markdown import table

Report = Mapping[str, Any]

# Beside the page.
PLOT = "soak.svg"

_PERCENTILES = ("p50_ms", "p95_ms", "p99_ms", "slowest_ms")


def render_soak(report: Report) -> str:
    """Return the tables and the picture of a report of `run_soak`."""
    plot = f"![Latency, errors and memory of both servers over time]({PLOT})\n"
    return "\n".join((_intro(report), _servers(report), plot, _kinds(report)))


def _intro(report: Report) -> str:
    return (
        f"Each server for {report['seconds'] / 60:g} minutes at {report['share']:.0%} of its saturation, which "
        f"{report['saturation_seconds']:g} seconds of the\n"
        "same requests without a pause had shown. Requests come independently of each other, whether or not earlier\n"
        f"ones are answered, by {report['connections']} connections; latency begins when a request was due, so that\n"
        "waiting for a connection is part of it. The client wakes in steps of a millisecond, and shares this\n"
        "machine's cores. An error is any answer but the right one, the refusals of bad requests being right;\n"
        "answers of 429 and 503 are counted apart. Growth is of the process's memory after a fifth of the time.\n"
    )


def _servers(report: Report) -> str:
    heads = (
        "server", "saturation, requests a second", "offered", "requests", "errors", "refused", "median ms",
        "95th percentile ms", "99th percentile ms", "slowest ms", "growth MB",
    )  # fmt: skip
    rows = (
        (
            one["label"],
            f"{one['saturation_per_s']:.0f}",
            f"{one['offered_per_s']:.0f}",
            *_counts(one),
            *_times(one),
            f"{one['growth_mb']:.1f}",
        )
        for one in report["servers"].values()
    )
    return f"{table(heads, rows)}\n"


def _kinds(report: Report) -> str:
    heads = ("server", "request", "requests", "errors", "refused", "median ms", "95th percentile ms",
             "99th percentile ms", "slowest ms")  # fmt: skip
    rows = (
        (server["label"], label, *_counts(one), *_times(one))
        for server in report["servers"].values()
        for label, one in server["kinds"].items()
    )
    return f"{table(heads, rows)}\n"


def _counts(one: Report) -> tuple[str, ...]:
    return tuple(f"{one[name]:,}" for name in ("requests", "errors", "refused"))


def _times(one: Report) -> tuple[str, ...]:
    return tuple("-" if one[name] is None else f"{one[name]:.1f}" for name in _PERCENTILES)

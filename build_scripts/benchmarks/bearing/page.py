"""A recording of a stated bearing as a section of the benchmark page; every figure comes from the report."""

from collections.abc import Mapping
from typing import Any

from build_scripts.evidence.card.markdown import table

_HEAD = ("sample rate", "samples to diagnosis, ms", "evidence alone, ms", "of a fast shaft, ms", "features alone, ms")


def render_bearing(report: Mapping[str, Any]) -> str:
    """Return the table of a report of `benchmark_bearing`."""
    rows = [
        (f"{float(rate_hz) / 1000:g} kHz", *(f"{one['p50_ms']:.2f} ({one['min_ms']:.2f})" for one in parts.values()))
        for rate_hz, parts in report["latency_ms"].items()
    ]
    return (
        f"A window of {report['window_s']:g} s of noise, with shaft speed and bearing, by {report['model']}; medians,\n"
        f"and in brackets the shortest, which a busy machine lengthens least.\n\n{table(_HEAD, rows)}\n"
    )

"""Serving as a section of the benchmark page; every figure comes from the report."""

from collections.abc import Mapping
from typing import Any

Report = Mapping[str, Any]

_BODIES = {"json": "JSON", "binary": "binary v2"}
_RATIOS = {
    "json_ms_above_local_server": "JSON at one connection, median of the container above that of `local_server.py`, ms",
    "binary_ms_above_local_server": "binary v2 at one connection, the same, ms",
    "batching_speedup": "dynamic batching, times the throughput without (worker threads)",
    "json_batching_speedup": "the same with JSON",
    "batching_speedup_over_local_server": "dynamic batching, times the throughput of `local_server.py`",
    "json_batching_speedup_over_local_server": "the same with JSON",
    "batching_speedup_over_batches_of_one": "dynamic batching, times the throughput of batches of one window",
    "p99_ratio_batched_to_unbatched": "99th percentile of latency with batching, share of that without",
    "binary_speedup_over_fastapi_json": "binary v2, times the throughput of FastAPI with JSON",
}


def render_serving(report: Report) -> str:
    """Return the tables of a report of `benchmark_serving`."""
    return "\n".join((_intro(report), _ratios(report), _cells(report) if "cells" in report else _arms(report)))


def serving_rows(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the README's rows on serving."""
    above = report.get("json_ms_above_local_server")
    alone = () if above is None else ((_RATIOS["json_ms_above_local_server"].removesuffix(", ms"), f"{above:.2f} ms"),)
    return (
        *alone,
        (
            f"throughput under {report['clients']} clients, binary v2, against FastAPI with JSON",
            f"{report['binary_speedup_over_fastapi_json']:.1f} times",
        ),
        ("the same, dynamic batching against none", f"{report['batching_speedup']:.2f} times"),
    )


def _intro(report: Report) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in report["serving_versions"].items())
    counted = (
        " Only answers of\n200 are counted, refusals (429, 503) apart; figures without a word of it are of binary v2."
    )
    return (
        f"{report['clients']} clients, each with a connection of its own, send one window of `{report['model']}`\n"
        "after the other; clients and servers share this machine's cores. The servers take turns; a figure is the\n"
        f"median of {report['rounds']} rounds, a ratio the median of the ratios within a round."
        f"{counted if 'cells' in report else ''} {versions}.\n"
    )


def _ratios(report: Report) -> str:
    rows = "".join(f"| {sentence} | {report[key]:.2f} |\n" for key, sentence in _RATIOS.items() if key in report)
    return f"| figure | value |\n| --- | --- |\n{rows}"


def _cells(report: Report) -> str:
    head = (
        "| server | body | connections | answers a second | lowest to highest | refused "
        "| median ms | 99th percentile ms |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(
        f"| {report['labels'][cell['server']]} | {_BODIES[cell['body']]} | {cell['clients']} | "
        f"{cell['per_second']:.0f} | {cell['lowest_per_second']:.0f} to {cell['highest_per_second']:.0f} | "
        f"{cell['refused']} | {cell['p50_ms']:.2f} | {cell['p99_ms']:.2f} |\n"
        for cell in report["cells"]
    )


def _arms(report: Report) -> str:
    """Return the table of a report from before there were cells: one body and one number of clients a server."""
    head = (
        "| server | requests a second | lowest to highest | median ms | 99th percentile ms |\n"
        "| --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(
        f"| {report['labels'][name]} | {arm['per_second']:.0f} | "
        f"{arm['lowest_per_second']:.0f} to {arm['highest_per_second']:.0f} | "
        f"{arm['p50_ms']:.1f} | {arm['p99_ms']:.1f} |\n"
        for name, arm in report["arms"].items()
    )

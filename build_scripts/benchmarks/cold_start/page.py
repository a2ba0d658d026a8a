"""Cold starts as a section of the benchmark page; every figure comes from the report."""

from collections.abc import Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]
# Packages below this share of the whole are one row.
_LEAST_SHARE = 0.01


def render_cold_start(report: Report) -> str:
    """Return the tables of a report of `benchmark_cold_start`."""
    return "\n".join(
        (
            _intro(report),
            _cold(report),
            "What the imports take, by package (`-X importtime`, which itself makes them slower: read the shares):\n",
            _imports(report["imports_ms"]),
            "By memory size, and so by share of a processor (one for each 1,769 MB); a second of signal as float32:\n",
            _sizes(report["memory_sizes"]),
            _warm(report["warm"]),
        )
    )


def summary_rows(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the README's rows on cold starts."""
    return (
        ("first diagnosis of a cold start, against `python -c pass`", f"{_ratio(report, 'palier')} times its time"),
        (
            "the same, against FastAPI with Mangum and onnxruntime as pip installs them (compiled beforehand)",
            f"{report['speedup_over_fastapi']:.1f} ({report['speedup_over_fastapi_compiled']:.1f}) times faster",
        ),
    )


def _ratio(report: Report, arm: str) -> str:
    return f"{report['cold'][arm]['ratio']:.1f}"


def _intro(report: Report) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in report["serving_versions"].items())
    return (
        "In the [local Lambda](lambda.md), at two processors: from the start of the process to the answer to the\n"
        "first event, each start in a sandbox of its own, files in the page cache, no network, no API keys. All arms\n"
        f"take turns; a ratio is the median of the ratios within a round. {versions}.\n"
    )


def _cold(report: Report) -> str:
    head = (
        "| arm | start ms | first answer ms | both ms | times `python -c pass` | peak MB |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
    )
    rows = "".join(
        f"| {report['labels'][name]} | {arm['init_ms']:.0f} | {arm['first_ms']:.1f} | {arm['total_ms']:.0f} | "
        f"{arm['ratio']:.1f} | {arm['peak_mb']:.0f} |\n"
        for name, arm in report["cold"].items()
    )
    return head + rows


def _imports(spent: Mapping[str, float]) -> str:
    total = sum(spent.values())
    shown = {name: ms for name, ms in spent.items() if ms >= _LEAST_SHARE * total}
    rest = {"others": total - sum(shown.values())}
    rows = "".join(f"| {name} | {ms:.1f} | {ms / total:.0%} |\n" for name, ms in (shown | rest).items())
    return f"| package | ms | share |\n| --- | --- | --- |\n{rows}"


def _sizes(sizes: Sequence[Report]) -> str:
    head = (
        "| memory MB | cold start ms | warm median ms | warm 95th percentile ms | peak MB | peak MB, 6 MB of JSON |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
    )
    rows = "".join(
        f"| {one['memory_mb']} | {one['cold']['total_ms']:.0f} | {one['warm']['latency_ms']['p50_ms']:.1f} | "
        f"{one['warm']['latency_ms']['p95_ms']:.1f} | {one['warm']['peak_mb']:.0f} | "
        f"{one['largest_request_peak_mb']:.0f} |\n"
        for one in sizes
    )
    return head + rows


def _warm(warm: Report) -> str:
    return (
        f"Over {warm['requests']:,} requests to one sandbox the process's peak memory went from\n"
        f"{warm['settled_mb']:.1f} MB, after the first hundred, to {warm['peak_mb']:.1f} MB.\n"
    )

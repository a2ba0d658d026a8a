"""A comparison of variants as Markdown, rendered from a report's JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from build_scripts.benchmarks.variants.recipe import FLOAT32
from build_scripts.benchmarks.variants.table import megabytes
from build_scripts.evidence.card.markdown import table

Report = Mapping[str, Any]

_SPEEDUP = f"speedup_over_{FLOAT32}"


def render_variants(report: Report) -> str:
    """Return the overview of batch and threads, files and memory, every cell in full, and what was left out."""
    left_out = "".join(f"\nLeft out: `{row}`: {reason}\n" for row, reason in report["left_out"].items())
    return (
        "Median ms of a call and, in brackets, times faster than onnxruntime float32 in the same column:\n\n"
        f"{_overview(report)}\n"
        "Peak memory is what loading and running add to a process that has only imported the runtime:\n\n"
        f"{_weights(report['variants'])}\n"
        "All figures:\n\n"
        f"{_details(report)}{left_out}"
    )


def _overview(report: Report) -> str:
    cells = report["cells"]
    heads = [f"batch {cell['batch']}, {_threads(cell['threads'])}" for cell in cells]
    rows = (
        [variant["label"], *(_median(cell["rows"].get(row)) for cell in cells)]
        for row, variant in report["variants"].items()
    )
    return f"{table(['variant', *heads], rows)}\n"


def _median(figures: Report | None) -> str:
    return "-" if figures is None else f"{figures['p50_ms']:.3f} ({figures[_SPEEDUP]:.2f})"


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def _weights(variants: Report) -> str:
    batches = sorted({batch for variant in variants.values() for batch in variant["peak_memory_bytes"]}, key=int)
    heads = ["variant", "file MB", *(f"peak MB, batch {batch}" for batch in batches), "runtime MB", "note"]
    rows = (_weight_row(variant, batches) for variant in variants.values())
    return f"{table(heads, rows)}\n"


def _weight_row(variant: Report, batches: Sequence[str]) -> list[str]:
    peaks = variant["peak_memory_bytes"]
    sizes = (variant["size_bytes"], *(peaks.get(batch) for batch in batches), variant["runtime_memory_bytes"])
    return [variant["label"], *map(megabytes, sizes), variant["note"] or ""]


def _details(report: Report) -> str:
    heads = [
        "batch",
        "threads",
        "variant",
        "median ms",
        "95th percentile ms",
        "99th percentile ms",
        "windows/s",
        "calls",
    ]
    rows = (
        [
            str(cell["batch"]),
            str(cell["threads"]),
            report["variants"][row]["label"],
            *(f"{figures[key]:.3f}" for key in ("p50_ms", "p95_ms", "p99_ms")),
            f"{figures['windows_per_s']:.1f}",
            str(figures["calls"]),
        ]
        for cell in report["cells"]
        for row, figures in cell["rows"].items()
    )
    return f"{table(heads, rows)}\n"

"""A comparison of variants for the terminal, 100 columns wide at most."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table

from build_scripts.benchmarks.variants.recipe import FLOAT32

# Figures of a report that the tables show.
PARTS = frozenset({"cells", "variants", "left_out", "latency_ms", "size_bytes", "recipe", "batch", "threads"})

Report = Mapping[str, Any]

_NUMBERS = ("median ms", "95 % ms", "99 % ms", "windows/s", "speed", "calls")


def render_comparison(report: Report) -> RenderableType:
    """Return a table for each cell, one of sizes and memory, and a line for each thing that is not there."""
    labels = {row: variant["label"] for row, variant in report["variants"].items()}
    cells = [_cell_table(cell, labels) for cell in report["cells"]]
    left_out = [f"left out: {row}: {reason}" for row, reason in report["left_out"].items()]
    notes = [f"memory of {one['label']}: {one['note']}" for one in report["variants"].values() if one["note"]]
    return Group(*cells, _weight_table(report["variants"]), *notes, *left_out)


def _cell_table(cell: Report, labels: Mapping[str, str]) -> Table:
    title = f"batch {cell['batch']}, {cell['threads']} thread{'s' if cell['threads'] > 1 else ''}"
    table = _table(f"{title} (speed: times that of onnxruntime float32)", _NUMBERS)
    for row, figures in cell["rows"].items():
        times = (_short(figures[key]) for key in ("p50_ms", "p95_ms", "p99_ms"))
        speed = f"{figures[f'speedup_over_{FLOAT32}']:.2f}"
        table.add_row(labels[row], *times, _short(figures["windows_per_s"], 1), speed, str(figures["calls"]))
    return table


def _weight_table(variants: Report) -> Table:
    batches = sorted({batch for variant in variants.values() for batch in variant["peak_memory_bytes"]}, key=int)
    numbers = ("file MB", *(f"batch {batch} MB" for batch in batches), "runtime MB")
    table = _table("file, and peak memory above the runtime's own", numbers)
    for variant in variants.values():
        peaks = variant["peak_memory_bytes"]
        sizes = (variant["size_bytes"], *(peaks.get(batch) for batch in batches), variant["runtime_memory_bytes"])
        table.add_row(variant["label"], *map(megabytes, sizes))
    return table


def _table(title: str, numbers: Sequence[str]) -> Table:
    table = Table("variant", title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _short(value: float, digits: int = 3) -> str:
    return f"{value:.{digits if value < 100 else 1 if value < 10_000 else 0}f}"


def megabytes(size_bytes: int | None) -> str:
    """Return a size in MB (10^6 bytes) with three digits, a dash where there is none."""
    return "-" if size_bytes is None else f"{size_bytes / 1e6:.3g}" if size_bytes < 1e8 else f"{size_bytes / 1e6:.0f}"

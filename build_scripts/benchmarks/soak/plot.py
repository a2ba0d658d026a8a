"""A soak as a plot that is read on light and on dark ground: latency, errors and memory over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from build_scripts.benchmarks.soak.page import PLOT

# Each has at least 3 to 1 of contrast with white and with the dark ground of the site.
_INK = "#7d8590"
_COLOURS = {"local_server": "#2f81f7", "container": "#d9730d"}
# Matplotlib types its keys as a list of literals.
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    # The same figures give the same file.
    "svg.hashsalt": PLOT,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "font.size": 9,
}

Report = Mapping[str, Any]


def draw_soak(report: Report, folder: Path) -> Path:
    """Write the plot of a report of `run_soak` into a folder; returns its file."""
    path = folder / PLOT
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.5, 6), layout="constrained")
        latency, errors, memory = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1, 2))
        for name, server in report["servers"].items():
            _draw_server(latency, errors, memory, server, _COLOURS[name])
        latency.set(ylabel="latency, ms", yscale="log")
        errors.set(ylabel="errors")
        memory.set(ylabel="memory, MB", xlabel="minutes")
        for axes in (latency, errors, memory):
            axes.spines[["top", "right"]].set_visible(False)
            axes.patch.set_alpha(0)
        figure.legend(*latency.get_legend_handles_labels(), frameon=False, ncols=4, loc="outside upper left")
        memory.set_ylim(bottom=0)
        errors.set_ylim(0, max(1.0, errors.get_ylim()[1]))
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
    return path


def _draw_server(latency: Axes, errors: Axes, memory: Axes, server: Report, colour: str) -> None:
    buckets: Sequence[Report] = server["buckets"]
    minutes = [one["until_s"] / 60 for one in buckets]
    label = server["label"].strip("`")
    for key, style in (("p50_ms", "-"), ("p99_ms", ":")):
        values = [one[key] for one in buckets]
        latency.plot(minutes, values, style, color=colour, label=f"{label}, {key[1:3]} %")
    errors.plot(minutes, [one["errors"] for one in buckets], color=colour)
    memory.plot(minutes, [one["memory_mb"] for one in buckets], color=colour)

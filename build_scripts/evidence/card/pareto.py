"""The plot of all variants that were tried: latency against agreement with float32."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from build_scripts.evidence.card.style import DARK, GREY, RED, TEXT_SIZE, quiet
from build_scripts.evidence.proof.proof import Proof
from build_scripts.measuring.gates import MIN_AGREEMENT
from build_scripts.quantization.search import FLOAT
from functions.core.models.manifest import Manifest

# The axis of agreement shows the share of windows that differ on a logarithmic scale, linear below a thousandth.
LINEAR, TICKS = 1e-3, (0.0, 1e-3, 1e-2, 1e-1, 1.0)
# Height of a name, of the figure for each of them and at least, and of what is above and below the axes.
NAME_INCHES, ROW_INCHES, LEAST_INCHES, FRAME_INCHES = 0.15, 0.22, 3.4, 0.9
GATE_WIDTH = 0.8
KINDS = {
    "float32": ("s", GREY, GREY),
    "kept": ("*", DARK, DARK),
    "passes": ("o", DARK, DARK),
    "refused": ("X", RED, "none"),
}


@dataclass(frozen=True)
class Point:
    """A variant in the plot: name, median latency in ms, share of windows that differ from float32's, and its kind.

    The latency is float32's over the variant's speed, for not all variants are timed in one run.
    """

    name: str
    latency_ms: float
    differing: float
    kind: str


def pareto(manifest: Manifest, proof: Proof, figure: Figure) -> None:
    """Latency and agreement of every variant, the best of both joined by a line, names in a column beside it."""
    points = points_of(proof, str(manifest.evidence.notes.get("variant", "")))
    axes, names = figure.subplots(1, 2, width_ratios=(3, 1.25))
    _scale(axes, points)
    front = front_of(points)
    axes.step([p.latency_ms for p in front], [p.differing for p in front], where="post", color=GREY, linewidth=0.9)
    for point in points:
        marker, edge, face = KINDS[point.kind]
        size = 130 if point.kind == "kept" else 42
        axes.scatter(point.latency_ms, point.differing, size, marker=marker, edgecolors=edge, facecolors=face, zorder=3)
    _name(axes, names, points, NAME_INCHES / (figure.get_figheight() - FRAME_INCHES))
    shown = [kind for kind in KINDS if any(point.kind == kind for point in points)]
    keys = [
        *(_key(kind) for kind in shown),
        Line2D([], [], color=RED, linewidth=GATE_WIDTH, linestyle="--", label="gates"),
    ]
    figure.legend(handles=keys, fontsize=TEXT_SIZE, ncols=5, loc="outside lower left", frameon=False)


def points_of(proof: Proof, kept: str) -> list[Point]:
    """Return the variants that have figures."""
    measured = {one: one.figures for one in proof.tried if one.figures is not None}
    (float32_ms,) = [figures.latency.p50_ms for one, figures in measured.items() if one.name == FLOAT]
    return [
        Point(one.name, float32_ms / figures.speedup, 1.0 - figures.agreement, _kind(one.name, kept, one.refused))
        for one, figures in measured.items()
    ]


def _kind(name: str, kept: str, refused: str | None) -> str:
    if name == FLOAT:
        return "float32"
    if name == kept:
        return "kept"
    return "refused" if refused else "passes"


def front_of(points: Sequence[Point]) -> list[Point]:
    """Return the points than which none is both faster and closer to float32, the fastest first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda one: (one.latency_ms, one.differing)):
        if not front or point.differing < front[-1].differing:
            front.append(point)
    return front


def _scale(axes: Axes, points: Sequence[Point]) -> None:
    latencies = [point.latency_ms for point in points]
    if max(latencies) > 5 * min(latencies):
        axes.set_xscale("log")
        axes.set_xlim(min(latencies) / 1.3, max(latencies) * 1.3)
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xlim(0, max(latencies) * 1.08)
    axes.set_yscale("symlog", linthresh=LINEAR)
    # A little beyond both ends, so that markers on them are whole.
    axes.set_ylim(2.0, -LINEAR / 3)
    axes.set_yticks(TICKS, [f"{100 * (1 - tick):.4g} %" for tick in TICKS])
    axes.yaxis.set_minor_locator(NullLocator())
    (float32_ms,) = [point.latency_ms for point in points if point.kind == "float32"]
    axes.axhline(1 - MIN_AGREEMENT, color=RED, linewidth=GATE_WIDTH, linestyle="--", zorder=1)
    axes.axvline(float32_ms, color=RED, linewidth=GATE_WIDTH, linestyle="--", zorder=1)
    axes.set_xlabel("median latency, ms a window", fontsize=TEXT_SIZE)
    axes.set_title("windows to which float32 gives the same class", fontsize=TEXT_SIZE + 1, loc="left")
    quiet(axes)


def height_inches(variants: int) -> float:
    """Return the height of a figure with so many names."""
    return max(LEAST_INCHES, FRAME_INCHES + ROW_INCHES * variants)


def _name(axes: Axes, names: Axes, points: Sequence[Point], row: float) -> None:
    """Write the names into a column, as high as their points where there is room, each with a thin line to its own."""
    names.axis("off")
    ordered = sorted(points, key=lambda point: (point.differing, -point.latency_ms))
    to_fraction = axes.transData + axes.transAxes.inverted()
    heights = [float(to_fraction.transform((one.latency_ms, one.differing))[1]) for one in ordered]
    for point, height in zip(ordered, spread(heights, row), strict=True):
        names.text(0.0, height, point.name, fontsize=TEXT_SIZE, va="center", transform=names.transAxes)
        axes.annotate(
            "",
            xy=(point.latency_ms, point.differing),
            xytext=(-0.03, height),
            textcoords=names.transAxes,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkB": 4},
            annotation_clip=False,
        )


def spread(heights: Sequence[float], row: float) -> list[float]:
    """Return descending heights in [0, 1] moved apart by at least a row, so that names do not overlap."""
    places: list[float] = []
    for height in heights:
        places.append(min(height, places[-1] - row) if places else min(height, 1.0 - row / 2))
    lowest = row / 2
    for index in reversed(range(len(places))):
        places[index] = max(places[index], lowest)
        lowest = places[index] + row
    return places


def _key(kind: str) -> Line2D:
    marker, edge, face = KINDS[kind]
    size = 10 if kind == "kept" else 6
    return Line2D(
        [], [], linestyle="", marker=marker, markeredgecolor=edge, markerfacecolor=face, markersize=size, label=kind
    )

"""The plots of a card, as PNG files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from build_scripts.evidence.card.layer_errors import height_of_layers, layer_errors
from build_scripts.evidence.card.pareto import height_inches, pareto
from build_scripts.evidence.card.style import DARK, GREY, LIGHT, TEXT_SIZE, quiet
from build_scripts.evidence.proof.proof import Proof
from build_scripts.measuring.gates import Accuracy
from functions.core.models.manifest import Manifest

DPI = 110

Drawing = Callable[[Manifest, Proof, Figure], None]


def draw_all(manifest: Manifest, proof: Proof, folder: Path) -> dict[str, Path]:
    """Draw every plot the proof has figures for and return the files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    count = len(manifest.classes)
    side = 2.4 + 0.42 * count
    drawings: dict[str, tuple[Drawing, tuple[float, float]]] = {
        "confusion": (confusion, (side + 0.8, side)),
        "robustness": (robustness, (7.0, 2.8)),
        "reliability": (reliability, (7.0, 3.2)),
        "variants": (variants, (7.0, 1.0 + 0.32 * len(proof.tried))),
        "pareto": (pareto, (7.0, height_inches(len(proof.tried)))),
    }
    if "foreign" in proof.reliability:
        drawings["foreign"] = (foreign, (7.0, 3.2))
    if proof.sensitivity:
        drawings["layers"] = (layer_errors, (7.0, height_of_layers(proof)))
    return {name: _draw(draw, manifest, proof, folder / f"{name}.png", size) for name, (draw, size) in drawings.items()}


def _draw(draw: Drawing, manifest: Manifest, proof: Proof, path: Path, size: tuple[float, float]) -> Path:
    figure = Figure(figsize=size, dpi=DPI, layout="constrained", facecolor="white")
    draw(manifest, proof, figure)
    FigureCanvasAgg(figure)
    # Without the library's version in it the same figures give the same bytes.
    figure.savefig(path, metadata={"Software": None})
    return path


def confusion(manifest: Manifest, proof: Proof, figure: Figure) -> None:
    """Records by their class (rows) and the class named (columns), shaded by the share of the row."""
    axes = figure.subplots()
    counts = np.array(proof.confusion)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [label.id for label in manifest.classes]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=TEXT_SIZE)
    axes.set_yticks(range(len(names)), names, fontsize=TEXT_SIZE)
    axes.set_xlabel("named", fontsize=TEXT_SIZE)
    axes.set_ylabel("is", fontsize=TEXT_SIZE)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=TEXT_SIZE)
    axes.set_title(f"{counts.sum()} unseen records, {proof.precision}", fontsize=TEXT_SIZE + 1, loc="left")


def robustness(manifest: Manifest, proof: Proof, figure: Figure) -> None:
    """Share of records and windows right by severity and by signal-to-noise ratio."""
    accuracy = manifest.evidence.accuracy[proof.precision]
    whole = Accuracy(accuracy["record"], accuracy["window"])
    parts = [("signal-to-noise ratio", {"as recorded": whole} | dict(proof.by_snr_db))]
    if proof.by_severity:
        parts.insert(0, ("severity", dict(proof.by_severity)))
    axes = np.atleast_1d(figure.subplots(1, len(parts), sharey=True))
    for one, (title, shares) in zip(axes, parts, strict=True):
        _share_bars(one, title, shares)
    axes[0].set_ylabel("share right", fontsize=TEXT_SIZE)
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=TEXT_SIZE, ncols=2, loc="outside lower right")


def _share_bars(axes: Axes, title: str, shares: Mapping[str, Accuracy]) -> None:
    places = np.arange(len(shares))
    records, windows = [one.record for one in shares.values()], [one.window for one in shares.values()]
    for offset, label, values, colour in ((-0.2, "records", records, DARK), (0.2, "windows", windows, LIGHT)):
        bars = axes.bar(places + offset, values, 0.38, label=label, color=colour)
        axes.bar_label(bars, [f"{value:.0%}" for value in values], fontsize=TEXT_SIZE - 1, padding=1)
    axes.set_xticks(places, list(shares), fontsize=TEXT_SIZE)
    axes.set_ylim(0, 1.12)
    axes.set_title(title, fontsize=TEXT_SIZE + 1, loc="left")
    quiet(axes)


def reliability(manifest: Manifest, proof: Proof, figure: Figure) -> None:
    """Confidence against share right for windows, before and after, and how many windows are where."""
    _before_and_after(proof, "windows", "windows", figure)


def foreign(manifest: Manifest, proof: Proof, figure: Figure) -> None:
    """Confidence against share right for machines left out of training, before and after trust was fitted."""
    _before_and_after(proof, "foreign", "records of other machines", figure)


def _before_and_after(proof: Proof, measured: str, title: str, figure: Figure) -> None:
    diagram, counts = figure.subplots(1, 2)
    diagram.plot((0, 1), (0, 1), color=GREY, linewidth=0.8, linestyle="--")
    for name, label, colour in ((f"{measured} before", "before", LIGHT), (measured, "after", DARK)):
        one = proof.reliability[name]
        diagram.plot(one.confidence, one.accuracy, marker="o", markersize=4, color=colour, linewidth=1.2)
        diagram.lines[-1].set_label(f"{label}: error {one.error:.4f}")
        counts.plot(one.confidence, one.count, marker="o", markersize=4, color=colour, linewidth=1.2, label=label)
    diagram.set(xlim=(0, 1.02), ylim=(0, 1.05))
    diagram.set_title(f"{title}: confidence and share right", fontsize=TEXT_SIZE + 1, loc="left")
    counts.set_title(f"{title} by confidence", fontsize=TEXT_SIZE + 1, loc="left")
    counts.set_yscale("log")
    for axes in (diagram, counts):
        axes.set_xlabel("confidence", fontsize=TEXT_SIZE)
        # Looking for the best place may take longer than matplotlib does without a warning.
        axes.legend(fontsize=TEXT_SIZE, frameon=False, loc="upper left")
        quiet(axes)


def variants(manifest: Manifest, proof: Proof, figure: Figure) -> None:
    """Median latency and file size of every variant that was tried."""
    tried = {one.name: one.figures for one in proof.tried if one.figures is not None}
    latency, size = figure.subplots(1, 2, sharey=True)
    _side_bars(latency, "median latency, ms a window", [one.latency.p50_ms for one in tried.values()], "{:.3f}")
    fp32_kb = next(variant.size_bytes for variant in manifest.variants if variant.precision == "fp32") / 1000
    _side_bars(size, "file, kB", [one.size_ratio * fp32_kb for one in tried.values()], "{:.0f}")
    latency.set_yticks(range(len(tried)), list(tried), fontsize=TEXT_SIZE)
    latency.invert_yaxis()


def _side_bars(axes: Axes, title: str, values: Sequence[float], text: str) -> None:
    bars = axes.barh(range(len(values)), values, 0.7, color=[GREY] + [DARK] * (len(values) - 1))
    axes.bar_label(bars, [text.format(value) for value in values], fontsize=TEXT_SIZE - 1, padding=2)
    axes.set_xlim(0, max(values, default=1.0) * 1.18)
    axes.set_title(title, fontsize=TEXT_SIZE + 1, loc="left")
    quiet(axes)

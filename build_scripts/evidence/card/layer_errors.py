"""The plot of a variant's layers: the error of each, and which stayed in float32."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from build_scripts.evidence.card.style import DARK, RED, TEXT_SIZE, quiet
from build_scripts.evidence.proof.proof import Proof
from build_scripts.quantization.exclusion import Sensitivity
from functions.core.models.manifest import Manifest

# The layers of a variant that are drawn, those with the largest error.
MOST = 30
NAME_LENGTH = 40
ROW_INCHES = 0.19


def layer_errors(manifest: Manifest, proof: Proof, figure: Figure) -> None:
    """Error of the logits with a layer alone quantized, the largest first, a plot for each variant."""
    plots = figure.subplots(
        len(proof.sensitivity), 1, squeeze=False, height_ratios=[max(1, len(_drawn(one))) for one in proof.sensitivity]
    )
    for axes, one in zip(plots[:, 0], proof.sensitivity, strict=True):
        _bars(axes, one)
    keys = [Patch(color=RED, label="stays float32"), Patch(color=DARK, label="quantized")]
    figure.legend(handles=keys, fontsize=TEXT_SIZE, ncols=2, loc="outside lower right", frameon=False)


def height_of_layers(proof: Proof) -> float:
    """Return the height of the figure that holds all layers."""
    return 0.5 + sum(0.6 + ROW_INCHES * len(_drawn(one)) for one in proof.sensitivity)


def _drawn(one: Sensitivity) -> dict[str, float | None]:
    return dict(list(one.error.items())[:MOST])


def _bars(axes: Axes, one: Sensitivity) -> None:
    drawn = _drawn(one)
    finite = [value for value in drawn.values() if value is not None] or [1.0]
    # A value that is not finite is drawn a little longer than the longest other.
    lengths = [2 * max(finite) if value is None else value for value in drawn.values()]
    bars = axes.barh(range(len(drawn)), lengths, 0.7, color=[RED if name in one.excluded else DARK for name in drawn])
    texts = ["not finite" if value is None else f"{value:.2g}" for value in drawn.values()]
    axes.bar_label(bars, texts, fontsize=TEXT_SIZE - 1, padding=2)
    axes.set_xscale("log")
    low, high = min(finite) / 2, 2 * max(finite)
    axes.set_xlim(low, high * (high / low) ** 0.15)
    axes.set_yticks(range(len(drawn)), [_short(name) for name in drawn])
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    others = len(one.error) - len(drawn)
    more = f" ({others} with less are not shown)" if others else ""
    axes.set_title(f"{one.variant}: error of the logits by layer{more}", fontsize=TEXT_SIZE + 1, loc="left")
    quiet(axes)


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"…{name[1 - NAME_LENGTH :]}"

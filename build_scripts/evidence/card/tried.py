"""The sections of a card on the variants that were tried: the table, the layers left in float32, float16."""

from collections.abc import Mapping, Sequence

from build_scripts.evidence.card.markdown import picture, table
from build_scripts.evidence.half_precision import HalfPrecision
from build_scripts.evidence.proof.proof import Proof
from build_scripts.quantization.exclusion import Sensitivity, partial_name
from build_scripts.quantization.search import Figures, Tried
from functions.core.models.manifest import Manifest

# A kept variant's figures get a sentence beyond these: half of the file is no longer float32, half of the work is.
USUAL_SIZE, USUAL_INTEGERS = 0.5, 0.5


def tried_sections(manifest: Manifest, proof: Proof, plots: Mapping[str, str]) -> list[str]:
    """Return the sections of the variants in Markdown; a section without content is empty."""
    kept = str(manifest.evidence.notes.get("variant", ""))
    return [
        f"## Variants tried\n\n{_tried(proof.tried, kept)}",
        picture(plots, "pareto", "Latency and agreement of the variants"),
        picture(plots, "variants", "Latency and size of the variants"),
        f"## Layers left in float32\n\n{_layers(proof.sensitivity, kept)}" if proof.sensitivity else "",
        picture(plots, "layers", "Error of each layer quantized alone"),
        f"## Float16 for GPUs\n\n{_half(proof.half)}" if proof.half else "",
    ]


def _tried(tried: Sequence[Tried], kept: str) -> str:
    measured = [(one, one.figures) for one in tried if one.figures is not None]
    shares = any(figures.integer_share is not None for _, figures in measured)
    head = ("variant", "windows right", "agreement", "speed", "size", *(["integers"] if shares else []), "")
    rows = [(one.name, *_figures(figures, shares=shares), _verdict(one, kept)) for one, figures in measured]
    others = [f"- `{one.name}`: {' '.join((one.refused or '').split())}." for one in tried if one.figures is None]
    integers = (
        "; integers: the share of convolutions, matrix products and recurrent layers that run in integers"
        if shares
        else ""
    )
    parts = (
        "Accuracy on the records the search chose by; speed and size against float32, one thread, batch 1, timed in "
        f"turn{integers}. The fastest that passes is kept; within 5 % the first of the recipe.",
        table(head, rows),
        *(_unusual(figures) for one, figures in measured if one.name == kept),
        "\n".join(["Without figures:\n", *others]) if others else "",
    )
    return "\n\n".join(filter(None, parts))


def _figures(figures: Figures, *, shares: bool) -> Sequence[str]:
    answers = (f"{figures.window_accuracy:.2%}", f"{figures.agreement:.2%}")
    cells = (*answers, f"{figures.speedup:.2f}", f"{figures.size_ratio:.3f}")
    if not shares:
        return cells
    return (*cells, "" if figures.integer_share is None else f"{figures.integer_share:.0%}")


def _verdict(one: Tried, kept: str) -> str:
    return "kept" if one.name == kept else (one.refused or "")


def _unusual(figures: Figures) -> str:
    """Return a sentence for each figure of the kept variant that a reader of int8 does not expect."""
    sentences = []
    if figures.size_ratio > USUAL_SIZE:
        sentences.append(
            f"The kept file is {figures.size_ratio:.2f} of the float32 one, for part of the weights stays float32, or "
            "the graph weighs more than they do."
        )
    if figures.integer_share is not None and figures.integer_share < USUAL_INTEGERS:
        sentences.append(
            f"Of the layers of the kept variant {figures.integer_share:.0%} run in integers, the others in float32."
        )
    return " ".join(sentences)


def _layers(found: Sequence[Sensitivity], kept: str) -> str:
    """Return what was measured of each variant's layers, and which stayed float32."""
    lines = []
    for one in found:
        layers = ", ".join(f"`{name}`" for name in one.excluded)
        named = f"`{partial_name(one.variant)}` leaves {layers} in float32" if layers else "no number of them is enough"
        is_kept = ", and is kept" if layers and partial_name(one.variant) == kept else ""
        lines.append(f"- `{one.variant}`, {len(one.error)} layers: {named}{is_kept}.")
    return (
        "The answers of these variants were not good enough. Each of their layers was quantized alone; its error is "
        "the RMS of what it changes in the logits over the RMS of the logits. The worst stay float32, as few as the "
        "gates allow.\n\n" + "\n".join(lines)
    )


def _half(half: HalfPrecision) -> str:
    """Return what was measured of the float16 variant, or why the package is without it."""
    judged = "Judged on a CPU that rounds every stored value to float16, as a GPU does"
    if half.refused is not None:
        return f"The package has no float16 variant, and GPUs serve float32: {half.refused}. {judged}."
    speed = "its speed was not measured, because the building machine has no GPU"
    if half.speedup is not None:
        speed = f"it is {half.speedup:.2f} times as fast as float32 on the building machine's GPU, 32 windows at once"
    return (
        f"GPUs serve the float16 variant. {judged}: it names the class of float32 for {half.agreement:.2%} of the "
        f"unseen windows, the logits differ by {half.max_abs_difference:.2g} at most, the file is "
        f"{half.size_ratio:.2f} of the float32 one; {speed}."
    )

"""Advice where no variant passes its gates, from what was measured."""

from collections.abc import Sequence

from build_scripts.measuring.gates import MIN_SPEEDUP
from build_scripts.quantization.search import FLOAT, Figures, Tried

NOTHING_TO_GAIN = "onnxruntime has no integer form of what this network consists of: float32 is the honest answer."
NOT_FASTER = "No variant is faster than float32 on this machine: float32 is the honest answer."


def next_step(tried: Sequence[Tried], windows: int) -> str:
    """Return a sentence for a search that keeps nothing, which was calibrated with so many windows."""
    measured = {one.name: one.figures for one in tried if one.figures is not None and one.name != FLOAT}
    fast = {name: one for name, one in measured.items() if one.speedup >= MIN_SPEEDUP}
    if not measured:
        return NOTHING_TO_GAIN
    if not fast:
        return NOT_FASTER
    return _help(*max(fast.items(), key=lambda item: (item[1].agreement, item[1].window_accuracy)), windows)


def _help(name: str, figures: Figures, windows: int) -> str:
    more = f"more calibration windows than {windows} ([quantization] windows), or " if name.startswith("static") else ""
    return (
        f"{name} comes closest, {figures.speedup:.2f} times as fast with an agreement of {figures.agreement:.4f}: try "
        f"{more}training with the rounding in it (the step qat)."
    )

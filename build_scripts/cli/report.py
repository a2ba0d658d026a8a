"""Diagnoses and models for the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from build_scripts.cli.diagnose import Outcome
from functions.core.manifest import Manifest

_TOP = 3
_BAR_WIDTH = 24


def print_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print one diagnosis in full, several as a table."""
    console.print(_full(outcomes[0]) if len(outcomes) == 1 else _table(outcomes))


def print_models(console: Console, manifests: Sequence[Manifest], default_model: str) -> None:
    """Print a table of model packages."""
    table = Table(box=None, pad_edge=False)
    for column in ("model", "version", "classes", "window", "variants", ""):
        table.add_column(column)
    for manifest in manifests:
        spec = manifest.input
        table.add_row(
            manifest.name,
            manifest.version,
            str(len(manifest.classes)),
            f"{spec.window / spec.sample_rate_hz:g} s at {spec.sample_rate_hz:g} Hz",
            ", ".join(f"{variant.precision} {variant.size_bytes / 1000:.0f} kB" for variant in manifest.variants),
            "default" if manifest.name == default_model else "",
        )
    console.print(table)


def _full(outcome: Outcome) -> RenderableType:
    answer = outcome.answer
    if answer is None:
        return Text.assemble(outcome.file, "\n  ", (_reason(outcome), "red"))
    bars = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for class_id, probability in list((answer["probabilities"] or {}).items())[:_TOP]:
        filled = round(probability * _BAR_WIDTH)
        bars.add_row(f"  {class_id}", f"{probability:7.2%}", "█" * filled + "░" * (_BAR_WIDTH - filled))
    model = answer["model"]
    source = f"{model['name']} {model['version']} ({model['precision']})"
    head = Text.assemble((answer["class_name"], "bold"), f"  {answer['confidence']:.1%}   {outcome.file}")
    tail = f"  {_windows(answer)}, {answer['inference_time_ms']:.2f} ms by {source}; {_novelty(answer)}"
    return Group(head, bars, Text(tail))


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("file", "diagnosis", "confidence", "windows", "training data"):
        table.add_column(column, justify="right" if column in {"confidence", "windows"} else "left")
    for outcome in outcomes:
        answer = outcome.answer
        if answer is None:
            table.add_row(outcome.file, Text(_reason(outcome), "red"), "", "", "")
            continue
        table.add_row(
            outcome.file,
            answer["class_name"],
            f"{answer['confidence']:.1%}",
            str(answer["windows"]),
            _novelty(answer),
        )
    return table


def _reason(outcome: Outcome) -> str:
    return outcome.error.message if outcome.error else ""


def _windows(answer: dict[str, Any]) -> str:
    return f"{answer['windows']} window{'s' if answer['windows'] != 1 else ''}"


def _novelty(answer: dict[str, Any]) -> str:
    words = {True: "like the training data", False: "unlike the training data: do not trust it", None: "not measured"}
    return words[answer["in_distribution"]]

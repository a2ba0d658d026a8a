"""Diagnoses side by side: of several files, or of every channel of one."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from build_scripts.palier_cli.diagnose import Outcome
from build_scripts.palier_cli.terminal import printable


def side_by_side(outcomes: Sequence[Outcome]) -> RenderableType:
    """Return a table with a row for each file, or for each channel where every channel was asked for, and its notes."""
    has_channels = any(outcome.answer and "predictions" in outcome.answer for outcome in outcomes)
    has_evidence = any(one.get("evidence") for outcome in outcomes for one in _answers(outcome))
    table = _columns(has_channels=has_channels, has_evidence=has_evidence)
    names = [PurePath(outcome.file).name for outcome in outcomes]
    unique = len(set(names)) == len(names)
    notes = []
    for name, outcome in zip(names, outcomes, strict=True):
        shown = printable(name if unique else outcome.file)
        for row in _rows(outcome, has_channels=has_channels):
            table.add_row(shown, *row)
        notes += [Text(f"{shown}: {printable(note)}", "yellow") for note in _notes(outcome)]
    return Group(table, *notes)


def _columns(*, has_channels: bool, has_evidence: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    if has_channels:
        table.add_column("channel", overflow="fold")
    table.add_column("diagnosis", no_wrap=True)
    table.add_column("confidence", justify="right", no_wrap=True)
    table.add_column("windows", justify="right", no_wrap=True)
    table.add_column("like training data", no_wrap=True)
    table.add_column("rate, Hz", justify="right", no_wrap=True)
    table.add_column("RMS", justify="right", no_wrap=True)
    if has_evidence:
        table.add_column("lines speak for", no_wrap=True)
    return table


def _answers(outcome: Outcome) -> Sequence[dict[str, Any]]:
    if outcome.answer is None:
        return ()
    found: Sequence[dict[str, Any]] = outcome.answer.get("predictions", (outcome.answer,))
    return found


def _rows(outcome: Outcome, *, has_channels: bool) -> Iterator[list[str | Text]]:
    """Yield the cells of an outcome's rows behind the name of its file; the worst of several channels is marked."""
    refused: str | Text = Text("not diagnosed", "red")
    if outcome.answer is None:
        yield ["", refused] if has_channels else [refused]
        return
    answers, worst = _answers(outcome), outcome.answer.get("worst")
    for place, answer in enumerate(answers):
        channel = Text(printable(answer["recording"]["channel"] or "all"))
        if worst is not None and len(answers) > 1 and place == worst["index"]:
            channel.append(" (worst)", "yellow")
        yield [channel, *_cells(answer)] if has_channels else _cells(answer)


def _cells(answer: dict[str, Any]) -> list[str | Text]:
    known = {True: Text("yes"), False: Text("no", "yellow"), None: Text()}
    supported = (line["supports"] for line in answer.get("evidence", ()))
    return [
        printable(answer["class_name"]),
        f"{answer['confidence']:.1%}",
        str(answer["windows"]),
        known[answer["in_distribution"]],
        _rate_cell(answer["recording"]),
        f"{answer['recording']['rms']:.3g}",
        *([printable(", ".join(filter(None, supported)) or "-")] if answer.get("evidence") else ()),
    ]


def _rate_cell(read: dict[str, Any]) -> Text:
    rate = f"{read['sample_rate_hz']:g}"
    return Text(f"{rate} assumed", "yellow") if read["sample_rate_source"] == "assumed" else Text(rate)


def _notes(outcome: Outcome) -> list[str]:
    """Return what else was found in a file, once for all of its channels."""
    found = (answer["recording"].get("note") for answer in _answers(outcome))
    unusable = outcome.answer.get("unusable", ()) if outcome.answer else ()
    dead = [f"Channel {one['channel']!r} is not diagnosed: {one['error']}" for one in unusable]
    return [*dict.fromkeys(note for note in found if note), *dead]

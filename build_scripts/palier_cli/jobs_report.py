"""Jobs and their results for the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from build_scripts.palier_cli.terminal import printable

_COLOURS = {"succeeded": "green", "partially_failed": "yellow", "failed": "red", "cancelled": "yellow"}


def progress_bar() -> Progress:
    """Return a bar on standard error; in a pipe or file nothing of it is seen."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("[yellow]{task.fields[failed]}"),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def print_job(console: Console, job: dict[str, Any]) -> None:
    """Print a job in a line."""
    console.print(Text.assemble(f"{job['job_id']}  ", _state(job), f"  {_counts(job)}"))


def print_jobs(console: Console, jobs: Sequence[dict[str, Any]]) -> None:
    """Print a table of jobs."""
    if not jobs:
        console.print("no jobs")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("job", "state", "recordings", "created"):
        table.add_column(column, no_wrap=True)
    for job in jobs:
        table.add_row(job["job_id"], _state(job), _counts(job), job["created_at"][:19].replace("T", " "))
    console.print(table)


def print_results(console: Console, results: Sequence[dict[str, Any]]) -> None:
    """Print a table of results: diagnoses, and why there is none."""
    if not results:
        console.print("no results yet")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("recording", overflow="fold")
    table.add_column("diagnosis", no_wrap=True)
    table.add_column("confidence", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for one in results:
        table.add_row(printable(one["name"]), *_cells(one))
    console.print(table)


def _cells(result: dict[str, Any]) -> tuple[str | Text, ...]:
    answer = result["diagnosis"]
    if answer is None:
        return (Text("not diagnosed", "red"), "", printable(result["error"]["error"]))
    remarks = _of_channels(result.get("channels"))
    remarks += ["unlike the training data"] if answer["in_distribution"] is False else []
    read = answer["recording"]
    if read["sample_rate_source"] == "assumed":
        remarks.append(f"rate of {read['sample_rate_hz']:g} Hz assumed")
    if read["severity_zone"] is not None:
        remarks.append(f"zone {read['severity_zone']}")
    if read.get("note"):
        remarks.append(printable(read["note"]))
    return printable(answer["class_name"]), f"{answer['confidence']:.1%}", ", ".join(remarks)


def _of_channels(channels: dict[str, Any] | None) -> list[str]:
    if channels is None or channels["batch_size"] == 1:
        return []
    return [f"channel {printable(channels['worst']['channel'])}, the worst of {channels['batch_size']}"]


def _state(job: dict[str, Any]) -> Text:
    words = job["state"].replace("_", " ") + (" (timed out)" if job["reason"] == "timed_out" else "")
    return Text(words, _COLOURS.get(job["state"], ""))


def _counts(job: dict[str, Any]) -> str:
    failed = f", {job['failed']} failed" if job["failed"] else ""
    waiting = ", waits for its uploads" if job["waiting_for_uploads"] else ""
    left = f", about {job['eta_s']:.0f} s left" if job["eta_s"] else ""
    return f"{job['done']} of {job['total']} diagnosed{failed}{waiting}{left}"

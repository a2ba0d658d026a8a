"""The table of a model's results on machines it never saw, for its card and for the benchmark page."""

from pathlib import Path

from build_scripts.evidence.card.markdown import table
from build_scripts.evidence.card.reports import Report, read_report, write_report

FILE = "across_machines.json"
_SERVED_FIGURES = ("recordings", "right", "confidence", "calibration_error", "by_chance", "agree", "contradicted")
_SERVED = ("set", "model", "request", *(name.replace("_", " ") for name in _SERVED_FIGURES))
_BY_SET = ("sets", "figures", "served")
_MODELS = ("any-bearing", "plain rule", "rolling-bearing")
_FIGURES = {
    "windows": "windows",
    "windows_right": "right",
    "windows_wrong_fault": "a wrong fault",
    "macro_auroc": "macro AUROC",
    "calibration_error": "calibration error",
}


def keep_across(report: Report, folder: Path) -> Report:
    """Write a report beside those of other sets into a package's folder, and return all of them as one."""
    kept = read_across(folder) or {}
    merged = {**report, **{name: {**kept.get(name, {}), **report[name]} for name in _BY_SET}}
    return write_report(merged, folder / FILE)


def read_across(folder: Path) -> Report | None:
    """Return the kept report on machines that a package never saw; None without one."""
    return read_report(folder / FILE)


def render_across(report: Report) -> str:
    """Return tables of a report of `evaluate_across`: recordings right by set and class, then windows of each set."""
    rows = [
        (title, name, str(one["recordings"]), *(str(one[model]) for model in _MODELS))
        for title, classes in report["sets"].items()
        for name, one in classes.items()
    ]
    figures = [(title, *(_cell(one[key]) for key in _FIGURES)) for title, one in report["figures"].items()]
    return (
        "Recordings right, of machines, faults or loads that any-bearing had not in training (the drive end's\n"
        "test set: a load that it had not). The plain rule is the evidence alone. rolling-bearing knows the drive\n"
        "end: its figures there are of bearings that it has seen, those of the fan end of one that it never saw.\n"
        "How any-bearing is trained was chosen with the fan end in view: its figures there flatter it.\n\n"
        + table(("set", "class", "recordings", *_MODELS), rows)
        + "\n\nWindows of 2 s, of the faults whose line is visible and of normal recordings, as shares:\n\n"
        + table(("set", *_FIGURES.values()), figures)
        + "\n\nRecordings as the server answers them, all of a set, those without a visible line as well: how often\n"
        "the type of fault is right, how sure the answer is on average, the expected calibration error, that of\n"
        "answers which are right exactly as often as they claim (few recordings have one by chance), and how often\n"
        "visible lines speak for the class or for another. Of so few, the error depends on where its bins end: read\n"
        "it beside the one by chance, and the mean confidence beside the share right. These sets have hardly a\n"
        "healthy bearing, while a healthy class without a visible line is as sure as it is right where health and\n"
        "each fault are equally frequent.\n\n" + table(_SERVED, _served(report)) + "\n"
    )


def _served(report: Report) -> list[tuple[str, ...]]:
    return [
        (title, model, way, *(_cell(one[key]) if key in one else "-" for key in _SERVED_FIGURES))
        for title, models in report["served"].items()
        for model, ways in models.items()
        for way, one in ways.items()
    ]


def _cell(value: int | float | None) -> str:
    if value is None:
        return "one class"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"

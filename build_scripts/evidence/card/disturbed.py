"""The table of results of a model's versions on disturbed records, for the card of the newest version."""

from collections.abc import Mapping
from pathlib import Path

from build_scripts.evidence.card.markdown import table
from build_scripts.evidence.card.reports import Report, read_report, write_report

FILE = "disturbances.json"
# Kinds that a sentence warns of.
_NAMED = 4


def keep_disturbed(report: Report, folder: Path) -> Report:
    """Write a report into a package's folder, beside what it has of other versions, and return both as one."""
    kept = read_disturbed(folder) or {"versions": {}}
    merged = {**report, "versions": {**kept["versions"], **report["versions"]}}
    return write_report(merged, folder / FILE)


def read_disturbed(folder: Path) -> Report | None:
    """Return the kept report on disturbed records of a package's folder; None without one."""
    return read_report(folder / FILE)


def render_disturbed(report: Report) -> str:
    """Return a table of a report of `evaluate_disturbed`: a row for each kind, four columns for each version."""
    versions: Mapping[str, Report] = report["versions"]
    columns = [f"{what}, version {version}" for version in versions for what in ("right", "flagged", "wrong", "sure")]
    kinds = list(versions.values())[-1]
    rows = [(kind, *(cell for one in versions.values() for cell in _cells(one.get(kind)))) for kind in kinds]
    records = next(iter(kinds.values()))["records"]
    return (
        f"{records} records of every kind, the same machines each time, that no training or calibration had. Flagged: "
        "as unlike the training data; right and wrong: of the others; sure: of the wrong ones those of a confidence of "
        "0.9 or more.\n\n" + table(("records", *columns), rows) + _warning(list(versions)[-1], kinds)
    )


def _warning(version: str, kinds: Report) -> str:
    """Return a sentence of the kinds that the newest version is most often wrong of and sure, if any."""
    wrong = {kind: counts["sure_and_wrong"] for kind, counts in kinds.items() if counts["sure_and_wrong"]}
    worst = sorted(wrong, key=lambda kind: -wrong[kind])[:_NAMED]
    if not worst:
        return ""
    named = ", ".join(f"{kind} ({wrong[kind]} of {kinds[kind]['records']})" for kind in worst)
    return f"\n\nDo not trust version {version} where it is wrong and sure most often: {named}."


def _cells(counts: Mapping[str, int] | None) -> tuple[str, ...]:
    if counts is None:
        return ("-",) * 4
    return tuple(str(counts[name]) for name in ("right", "flagged", "wrong", "sure_and_wrong"))

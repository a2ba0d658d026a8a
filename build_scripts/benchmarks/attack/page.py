"""The attack as a section of the benchmark page, and as a table of a terminal; every figure comes from the report."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

Report = Mapping[str, Any]

COLUMNS = {
    "cases": "cases",
    "server_errors": "500s",
    "exceptions": "exceptions",
    "hangs": "hangs",
    "slowest_s": "slowest s",
    "growth_mb": "growth MB",
    "peak_mb": "peak MB",
    "lost": "lost",
    "twice": "twice",
}


def render_robustness(report: Report) -> str:
    """Return the table of a report of `run_attack`."""
    heads = f"| target | {' | '.join(COLUMNS.values())} |\n| --- |{' --- |' * len(COLUMNS)}\n"
    rows = "".join(f"| {name} | {' | '.join(cells(row))} |\n" for name, row in report["rows"].items())
    return (
        f"{_intro(report)}"
        f"{report['cases']:,} cases in all; {len(report['failed'])} figures over a limit.\n\n{heads}{rows}"
    )


def _intro(report: Report) -> str:
    hang_s, most_mb = report["hang_s"], report["most_growth_mb"]
    return (
        f"What is attacked, and how: [security](security.md#under-attack). Random seed {report['seed']}, "
        f"{report['soak_s']:g} s\nof soak. A hang takes more than {hang_s:g} s. Growth is of a process's memory in the "
        f"end, peak the most that a case\ntook, both above what it had when warm and at most {most_mb:g} MB. "
        "For a document, what its checks refuse stands as 500s. Cases of kill -9 are\nrecordings of a job in whose "
        "middle the process was killed: without a result, or with two.\n"
    )


def render_attack(report: Report) -> RenderableType:
    """Return the same as something rich prints, with what failed below; a replayed case is a table of its own."""
    table = Table("figure", "value", title_justify="left")
    if "rows" in report:
        table = Table("target", *COLUMNS.values(), title=f"{report['cases']:,} cases", title_justify="left")
        for name, row in report["rows"].items():
            table.add_row(name, *cells(row))
    else:
        for name, value in report.items():
            table.add_row(name.replace("_", " "), str(value))
    return Group(table, *report["failed"])


def cells(row: Report) -> list[str]:
    """Return the figures of a row; what does not apply to it is left empty. What a document refuses counts as a 500."""
    figures = {"server_errors": row["failures"], **row} if "failures" in row else row
    return [_text(figures[name]) if name in figures else "" for name in COLUMNS]


def robustness_rows(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the README's rows on the attack."""
    rows = report["rows"].values()
    errors = sum(row.get("server_errors", 0) + row.get("exceptions", 0) + row.get("failures", 0) for row in rows)
    growth = max(row.get("growth_mb", 0.0) for row in rows)
    hangs = sum(row.get("hangs", 0) for row in rows)
    return ((f"{report['cases']:,} attacks", f"{errors} answers of 500, {hangs} hangs, {growth:.0f} MB growth"),)


def _text(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"

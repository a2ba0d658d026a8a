import json
from pathlib import Path
from typing import Any

import pytest

from build_scripts.benchmarks.attack.benchmark import faults
from build_scripts.benchmarks.attack.page import render_attack, render_robustness, robustness_rows
from build_scripts.benchmarks.benchmark_page import ROBUSTNESS, render_benchmarks, write_part
from build_scripts.errors import BuildError

ROW: dict[str, Any] = {
    "cases": 70000,
    "refused": 60000,
    "server_errors": 0,
    "exceptions": 0,
    "hangs": 0,
    "slowest_s": 0.25,
    "growth_mb": 1.26,
    "peak_mb": 2.0,
    "kept": [],
}
KILL: dict[str, Any] = {"cases": 800, "lost": 3, "twice": 0, "hangs": 0}
DOCUMENT: dict[str, Any] = {"cases": 1776, "failures": 0, "output": ""}
REPORT: dict[str, Any] = {
    "seed": 7,
    "soak_s": 300.0,
    "hang_s": 2.0,
    "most_growth_mb": 50.0,
    "cases": 71776,
    "rows": {"decoders": ROW, "the container: its document": DOCUMENT, "kill -9 of its workers": KILL},
    "failed": [],
    "machine": "a processor",
    "cpu_flags": [],
    "versions": {"python": "3.11"},
}


def test_every_figure_has_its_column() -> None:
    text = render_robustness(REPORT)
    assert "71,776 cases in all; 0 figures over a limit.\n" in text
    assert "| target | cases | 500s | exceptions | hangs | slowest s | growth MB | peak MB | lost | twice |\n" in text
    assert "| decoders | 70,000 | 0 | 0 | 0 | 0.2 | 1.3 | 2.0 |  |  |\n" in text
    assert "| the container: its document | 1,776 | 0 |  |  |  |  |  |  |  |\n" in text
    assert "| kill -9 of its workers | 800 |  |  | 0 |  |  |  | 3 | 0 |\n" in text
    assert "`python -m build_scripts attack`" in render_benchmarks({"date": "d", "reports": {"robustness": REPORT}})


def test_the_readme_says_what_came_of_it() -> None:
    assert robustness_rows(REPORT) == (("71,776 attacks", "0 answers of 500, 0 hangs, 1 MB growth"),)


def test_a_terminal_shows_what_failed() -> None:
    group: Any = render_attack(REPORT | {"failed": ["v2: 1 hangs"]})
    assert group.renderables[-1] == "v2: 1 hangs"
    assert group.renderables[0].row_count == 3


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, []),
        ({"growth_mb": 50.0}, []),
        ({"growth_mb": 51.0}, ["v2: grew by 51 MB; at most 50 are right"]),
        ({"peak_mb": 60.0}, ["v2: grew by 60 MB; at most 50 are right"]),
        ({"hangs": 1, "kept": ["a.json"]}, ["v2: 1 hangs; replay: a.json"]),
        ({"server_errors": 2, "exceptions": 3}, ["v2: 2 server errors", "v2: 3 exceptions"]),
        ({"left_open": 1}, ["v2: 1 left open"]),
        ({"failures": 1}, ["v2: 1 failures"]),
    ],
    ids=str,
)
def test_figures_over_a_limit_are_named(changes: dict[str, Any], sentences: list[str]) -> None:
    assert faults("v2", ROW | changes) == sentences


def test_a_report_joins_the_others_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = Path(__file__).resolve().parents[4] / "docs"
    readme = tmp_path / "README.md"
    readme.write_text("<!-- measured -->\n<!-- /measured -->\n")
    monkeypatch.setattr("build_scripts.benchmarks.benchmark_page.README", readme)
    before = json.loads((docs / "benchmarks.json").read_text())
    (tmp_path / "benchmarks.json").write_text(json.dumps(before))
    write_part(ROBUSTNESS, REPORT, tmp_path)
    after = json.loads((tmp_path / "benchmarks.json").read_text())
    today = after["reports"]["robustness"]["date"]
    assert after["reports"] == before["reports"] | {"robustness": {**REPORT, "date": today}}
    assert after["date"] == before["date"]
    assert f"`python -m build_scripts attack`, measured {today}" in (tmp_path / "benchmarks.md").read_text()
    assert "## Under attack\n" in (tmp_path / "benchmarks.md").read_text()
    assert "71,776 attacks" in readme.read_text()


def test_a_folder_without_benchmarks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"has no benchmarks\.json"):
        write_part(ROBUSTNESS, REPORT, tmp_path)

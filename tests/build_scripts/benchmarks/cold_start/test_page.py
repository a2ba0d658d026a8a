import json
from pathlib import Path
from typing import Any

import pytest

from build_scripts.benchmarks.cold_start.page import render_cold_start, summary_rows

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def report() -> dict[str, Any]:
    measured: dict[str, Any] = json.loads((ROOT / "docs" / "benchmarks.json").read_text())["reports"]["cold_start"]
    return measured


def test_every_arm_and_size_has_its_row(report: dict[str, Any]) -> None:
    text = render_cold_start(report)
    for name, arm in report["cold"].items():
        assert f"| {report['labels'][name]} | {arm['init_ms']:.0f} | " in text
    for size in report["memory_sizes"]:
        assert f"| {size['memory_mb']} | {size['cold']['total_ms']:.0f} | " in text


def test_small_packages_are_one_row_and_shares_add_up(report: dict[str, Any]) -> None:
    spent = {"numpy": 98.0, "mangum": 1.5, "idna": 0.3, "h11": 0.2}
    text = render_cold_start(report | {"imports_ms": spent})
    assert "| numpy | 98.0 | 98% |\n| mangum | 1.5 | 2% |\n| others | 0.5 | 0% |\n" in text


def test_the_readme_has_what_the_report_has(report: dict[str, Any]) -> None:
    changed = report | {"speedup_over_fastapi": 3.94, "speedup_over_fastapi_compiled": 1.72}
    assert summary_rows(changed)[1][1] == "3.9 (1.7) times faster"


def test_what_was_published_is_within_the_project_s_own_limits(report: dict[str, Any]) -> None:
    """Not a timing: the figures that were published."""
    assert report["first_diagnosis_over_python"] <= 8
    assert report["speedup_over_fastapi"] >= 2
    assert report["warm"]["requests"] >= 2000
    assert max(arm["peak_mb"] for name, arm in report["cold"].items() if name.startswith("palier")) <= 200

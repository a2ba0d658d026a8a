"""docs/security.md names tests that exist, for every finding of the audit and every threat."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
FINDINGS = [f"P0-{n}" for n in range(1, 4)] + [f"P{p}-{n}" for p in (1, 2) for n in range(1, 6)]


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_every_named_test_exists(file: str, test: str) -> None:
    defined = {
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert test in defined


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_finding_names_a_test(finding: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {finding} |")]
    assert "`tests/" in row


def test_every_kind_of_threat_has_rows_and_every_row_a_test() -> None:
    section = PAGE.partition("\n## Threats\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][2:]
    assert [row for row in rows if len(row) != 4 or "`tests/" not in row[3]] == []
    assert {row[0] for row in rows} == {
        "Spoofing",
        "Tampering",
        "Repudiation",
        "Information disclosure",
        "Denial of service",
        "Elevation of privilege",
    }

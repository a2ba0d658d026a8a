"""docs/security.md names tests that exist, for every finding of the audit."""

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

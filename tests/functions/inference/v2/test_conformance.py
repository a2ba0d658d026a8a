"""docs/v2.md is true: the tests it names exist, every endpoint has one, and its examples run."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import every_route
from tests.support.malformed import CASES
from tests.support.servers import serving
from tests.support.waiting import SECONDS

FOLDER = Path(__file__).parent
PAGE = (FOLDER.parents[3] / "docs" / "v2.md").read_text()
ENDPOINTS = "Endpoints, held against the specification"
INFERENCE = "Inference requests and answers"
REFUSED = "What is refused"
ADDRESS = "127.0.0.1:8000"


def names_of(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def existing() -> set[str]:
    """Every test of the protocol, and every case of a malformed envelope."""
    trees = [ast.parse(path.read_text()) for path in FOLDER.glob("test_*.py")]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = {node.name for tree in trees for node in tree.body if isinstance(node, functions)}
    return {name for name in found if name.startswith("test_")} | set(CASES)


def table(heading: str) -> list[list[str]]:
    """The rows of the table below a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return rows[2:]


def test_every_row_names_tests_that_exist() -> None:
    rows = [row for heading in (ENDPOINTS, INFERENCE, REFUSED) for row in table(heading)]
    assert len(rows) == 56
    known = existing()
    assert {row[0]: name for row in rows for name in names_of(row[-1]) if name not in known} == {}
    assert [row[0] for row in rows if not names_of(row[-1])] == []


def test_every_endpoint_has_a_row_and_every_row_an_endpoint(app: Starlette) -> None:
    rows = [row[0] for row in table(ENDPOINTS)]
    routes = [
        f"{method} `{route.path}`"
        for route in every_route(app)
        if route.path.startswith("/v2")
        for method in (route.methods or set()) - {"HEAD"}
    ]
    assert sorted(rows) == sorted(routes)


def test_other_tests_named_in_the_text_exist() -> None:
    named = {name for name in names_of(PAGE) if name.startswith("test_")}
    assert named - existing() == set()


@pytest.fixture
def address() -> Iterator[str]:
    """A server of the shipped models."""
    with serving(create_app(Settings(stage="local", api_keys_required=False))) as (host, port):
        yield f"{host}:{port}"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_commands_run(address: str) -> None:
    first, second = (
        subprocess.run(
            block.replace(ADDRESS, address),
            shell=True,
            executable="/bin/bash",
            capture_output=True,
            check=True,
            timeout=SECONDS,
        ).stdout
        for block in blocks("sh")
    )
    assert first.startswith(b'{"name":"journal-bearing","versions":')
    assert second.startswith(b'{"model_name":"journal-bearing","model_version":"')


def test_the_program_runs(address: str) -> None:
    (block,) = blocks("python")
    names: dict[str, Any] = {}
    exec(block.replace(ADDRESS, address), names)
    names["client"].close()
    assert names["probabilities"].shape == (2, 11)
    assert names["probabilities"].sum(axis=1) == pytest.approx([1, 1], abs=1e-5)

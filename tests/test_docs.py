"""Documentation as a contract: what exists is documented, and what is documented runs."""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from build_scripts.benchmarks.benchmark_page import render_benchmarks, with_summary
from build_scripts.build_cli.parser import make_parser
from build_scripts.palier_cli.main import cli_parser
from build_scripts.recipes.user_recipe import RecipeFile
from cdk.__main__ import make_parser as cdk_parser
from functions.container.__main__ import container_parser
from functions.container.settings import ContainerSettings
from functions.core import errors
from functions.core.keys.keys import SCOPES, KeyRing, create_key, write_key_ring
from functions.core.models.options import DiagnosisOptions
from functions.core.settings import Settings, variable_of
from functions.inference.app import create_app
from functions.jobs.app import create_app as create_jobs_app
from local_server import server_parser
from tests.support.apps import client_of, every_route
from tests.support.container import make_container
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SERVER = "http://127.0.0.1:8000"


def text(name: str) -> str:
    return (DOCS / name).read_text()


def options(parser: argparse.ArgumentParser) -> list[str]:
    """Every long option of a parser and of the commands below it."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [option for command in action.choices.values() for option in options(command)]
        found += [
            name for name in action.option_strings if name.startswith("--") and name not in {"--help", "--version"}
        ]
    return found


def commands(parser: argparse.ArgumentParser) -> list[str]:
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [name for action in actions for name in action.choices]


def routes() -> list[tuple[str, str]]:
    settings = Settings(api_keys_required=False)
    return [one for create in (create_app, create_jobs_app) for one in routes_of(create(settings))]


def routes_of(app: Starlette) -> list[tuple[str, str]]:
    return [
        (method, route.path) for route in every_route(app) for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def subclasses(kind: type[errors.PalierError]) -> Iterator[type[errors.PalierError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


@pytest.mark.parametrize(("method", "path"), routes())
def test_every_route_is_documented(method: str, path: str) -> None:
    assert f"| {method} `{path}` |" in text("v2.md" if path.startswith("/v2") else "http.md")


async def test_a_route_asks_for_the_scope_that_is_documented(tmp_path: Path) -> None:
    """With a key that may do nothing; docs/v2.md has a rule instead of a column, and a test of its own."""
    rows = re.findall(r"^\| ([A-Z]+) `(\S+)` \| (none|read|predict) \|", text("http.md"), re.MULTILINE)
    documented = {(method, path): scope for method, path, scope in rows}
    key, stored = create_key("nobody", scopes=())
    (tmp_path / "keys.json").write_bytes(write_key_ring(KeyRing(keys=[stored])))
    settings = Settings(api_keys_file=tmp_path / "keys.json")
    for app in (create_app(settings), create_jobs_app(settings)):
        native = [one for one in routes_of(app) if not one[1].startswith("/v2")]
        async with client_of(app, **{"x-api-key": key}) as client:
            asked = {one: scope_asked_for(await client.request(*one)) for one in native}
        assert asked == {one: documented[one] for one in native}


def scope_asked_for(response: httpx.Response) -> str:
    found = re.search(r"lacks the scope '(\w+)'", response.text)
    assert (found is not None) == (response.status_code == 403)
    return found[1] if found else "none"


def container_routes() -> list[tuple[str, str]]:
    """What the container has beside the inference function; its multi-model routes among it."""
    app = make_container(Settings(api_keys_required=False), multi_model=True).app
    own = {"functions.container.sagemaker", "functions.container.multi_model", "functions.container.prometheus"}
    return [
        (method, route.path)
        for route in every_route(app)
        if route.endpoint.__module__ in own
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


@pytest.mark.parametrize(("method", "path"), container_routes())
def test_every_route_of_the_container_is_documented(method: str, path: str) -> None:
    assert f"| {method} `{path}` |" in text("container.md")


def test_every_error_of_the_container_is_documented() -> None:
    kinds = [kind for kind in subclasses(errors.PalierError) if kind.__module__ == "functions.container.errors"]
    assert len(kinds) == 6
    assert [kind.code for kind in kinds if f"`{kind.code}`" not in text("container.md")] == []


@pytest.mark.parametrize("command", ["serve", "check"])
def test_every_command_of_the_container_is_documented(command: str) -> None:
    assert container_parser().parse_args([command]).command == command
    assert f"`{command}` " in text("container.md")


@pytest.mark.parametrize("name", list(DiagnosisOptions.__struct_fields__))
def test_every_request_option_is_documented(name: str) -> None:
    assert re.search(rf"^\|[^|]*`{name}`", text("http.md"), re.MULTILINE)


def test_every_error_is_documented_under_its_status() -> None:
    rows = dict(re.findall(r"^\| (\d{3}) \| (.*) \|$", text("http.md"), re.MULTILINE))
    kinds = [kind for kind in subclasses(errors.PalierError) if kind.__module__ == errors.__name__]
    missing = [
        kind.code for kind in kinds if kind.code != "unusable" and f"`{kind.code}`" not in rows[str(kind.status)]
    ]
    assert len(kinds) > 20
    assert missing == []


def test_every_scope_is_documented() -> None:
    assert all(f"`{scope}`" in text("http.md") for scope in SCOPES)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in (Settings, ContainerSettings) for name in kind.__struct_fields__],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_setting_is_documented_with_its_default(kind: type[Settings | ContainerSettings], name: str) -> None:
    row = re.search(rf"^\| `{variable_of(name)}` \| (.*?) \| .+ \|$", text("settings.md"), re.MULTILINE)
    assert row
    default = getattr(kind(), name)
    if isinstance(default, str | int | float | list):
        assert row[1] == f"`{json.dumps(default).strip(chr(34))}`"


def test_every_setting_that_is_documented_exists() -> None:
    documented = re.findall(r"^\| `(PALIER_[A-Z_]+)`", text("settings.md"), re.MULTILINE)
    known = {*Settings.__struct_fields__, *ContainerSettings.__struct_fields__}
    assert {name.removeprefix("PALIER_").lower() for name in documented} <= known


def test_make_targets_and_their_documentation_agree() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    documented = re.findall(r"^\| `make ([a-z-]+)` \|", text("commands.md"), re.MULTILINE)
    assert sorted(targets) == sorted(documented)


@pytest.mark.parametrize("name", commands(cli_parser()))
def test_every_palier_command_is_documented(name: str) -> None:
    assert f"| `palier {name}" in text("commands.md")


@pytest.mark.parametrize("name", commands(make_parser()))
def test_every_build_step_is_documented(name: str) -> None:
    assert f"| `{name}` |" in text("build.md")


@pytest.mark.parametrize("name", commands(cdk_parser()))
def test_every_command_of_the_stages_is_documented(name: str) -> None:
    assert f"| `{name}` |" in text("commands.md")


@pytest.mark.parametrize(
    ("parser", "page"),
    [
        (cli_parser(), "commands.md"),
        (server_parser(), "commands.md"),
        (cdk_parser(), "commands.md"),
        (make_parser(), "build.md"),
    ],
    ids=["palier", "local_server", "cdk", "build_scripts"],
)
def test_every_command_line_option_is_documented(parser: argparse.ArgumentParser, page: str) -> None:
    assert [name for name in options(parser) if f"`{name}`" not in text(page)] == []


def test_every_module_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", text("architecture.md")))
    known = [f"/{path.relative_to(ROOT)}" for folder in ("functions", "build_scripts", "cdk") for path in code(folder)]
    known += ["/local_server.py", "/tests/test_architecture.py"]
    assert len(named) > 50
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in known)] == []


def code(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]


PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (table, key)
        for table, field in RecipeFile.model_fields.items()
        if isinstance(field.annotation, type)
        for key in field.annotation.model_fields
    ],
)
def test_every_key_of_a_recipe_is_documented(table: str, key: str) -> None:
    rows = re.search(rf"^\| `\[{table}\]` \|.*\n(?:\| \|.*\n)*", text("own-model.md"), re.MULTILINE)
    assert rows
    assert any(f"`{key}`" in row.split("|")[2] for row in rows[0].splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_no_lock_names_an_index_host() -> None:
    locks = list((ROOT / "build_scripts" / "locks").glob("*.txt"))
    assert len(locks) == 12
    assert [path.name for path in [*locks, ROOT / "layers/runtime/requirements.txt"] if "://" in path.read_text()] == []


def test_figures_are_rendered_from_the_benchmark() -> None:
    document = json.loads(text("benchmarks.json"))
    readme = (ROOT / "README.md").read_text()
    assert text("benchmarks.md") == render_benchmarks(document)
    assert readme == with_summary(readme, document)
    assert "times faster" in readme


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def run(block: str) -> str:
    # As its reader has it: what the commands import is installed, not on a path that make has set.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        block, shell=True, cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=600
    )
    return done.stdout


@contextmanager
def serving(command: str) -> Iterator[str]:
    """Run the README's `make serve` on a free port, end it as Ctrl-C does."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # The arguments of a make that runs the tests are not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    process = subprocess.Popen(
        [*command.split(), f"PORT={port}", "ARGS="],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        assert any("Ctrl-C" in line for line in process.stdout), "make serve ended early"
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=SECONDS)
        process.stdout.close()


needs_venv = pytest.mark.skipif(
    not (ROOT / ".venv/.serve").exists(), reason="the pages' commands need the .venv that `make test` creates"
)


@needs_venv
def test_blocks_of_readme_tutorial_and_clients_run() -> None:
    serve, *others = blocks(ROOT / "README.md")
    same, *tutorial = blocks(DOCS / "tutorials" / "reliability.md")
    assert (serve, len(others), len(tutorial)) == (same, 3, 5)
    with serving(serve) as url:
        outputs = [run(block.replace(SERVER, url)) for block in others]
        whirl, severe, bearing, watched, job = [run(block.replace(SERVER, url)) for block in tutorial]
        clients = {kind: run_client(kind, url) for kind in ("sh", "python", "js")}
    (shown,) = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    members = re.findall(r'"\w+":(?:"[^"]*"|[\w.]+)', shown)
    assert len(members) > 10
    assert [member for member in members if member not in outputs[0]] == []
    assert "Bearing clearance" in outputs[1]
    assert "succeeded  11 of 11 diagnosed" in outputs[2]
    assert whirl.startswith("Oil whirl")
    assert "zone D of ISO 20816-3" in severe
    assert "6205" in bearing
    (pump,) = [one for one in json.loads(watched)["assets"] if one["asset_id"] == "pump-7"]
    assert (pump["state"], pump["since"], pump["diagnoses"]) == ("fault", "2026-03-07T06:00:00Z", 7)
    assert "succeeded  11 of 11 diagnosed" in job
    assert json.loads(clients["sh"])["class_id"] == "oil_whirl"
    # 0.2 g at 29 Hz: 1.961 m/s² / (2 pi 29 Hz) / the root of 2.
    assert float(clients["python"].split()[-1]) == pytest.approx(7.61, abs=0.05)
    assert clients["js"].startswith("Oil whirl 0.99")


def run_client(kind: str, url: str) -> str:
    """Run the client of a language as the page has it."""
    (code,) = re.findall(rf"^```{kind}\n(.*?)^```", text("clients.md"), re.MULTILINE | re.DOTALL)
    if kind == "sh":
        return run(code.replace(SERVER, url))
    command = [".venv/bin/python", "-"] if kind == "python" else ["node", "--input-type=module", "-"]
    done = subprocess.run(
        command, input=code.replace(SERVER, url), cwd=ROOT, check=True, capture_output=True, text=True, timeout=600
    )
    said: str = done.stdout
    return said


# What is for reading alone is marked as text or as data.
RUN_BY = {
    "README.md": ("test_docs.py",),
    "docs/build.md": ("test_docs.py",),
    "docs/clients.md": ("test_docs.py",),
    "docs/deploy.md": ("build_scripts/local/cloud/test_first_deployment.py",),
    "docs/gpus.md": ("cdk/test_gpus_page.py",),
    "docs/jobs.md": ("functions/jobs/test_page.py",),
    "docs/tutorials/reliability.md": ("test_docs.py",),
    "docs/v2.md": ("functions/inference/v2/test_conformance.py",),
}


def test_every_program_and_script_of_the_pages_is_run_by_a_test() -> None:
    with_code = [page for page in PAGES if re.search(r"^ *```(sh|python|js)\b", page.read_text(), re.MULTILINE)]
    assert {str(page.relative_to(ROOT)) for page in with_code} == set(RUN_BY)
    tests = [(page, (ROOT / "tests" / test).read_text()) for page, run_by in RUN_BY.items() for test in run_by]
    assert [page for page, test in tests if page.rpartition("/")[2] not in test] == []


def test_every_command_that_a_page_names_exists() -> None:
    spans = r"(?<!`)`([^`\n]+)`(?!`)|^ *```(?:sh|text)[^\n]*\n(.*?)^ *```"
    found = [one for page in PAGES for one in re.findall(spans, page.read_text(), re.MULTILINE | re.DOTALL)]
    code = "\n".join(inline or block for inline, block in found)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z-]+)", code)) <= set(targets)
    assert set(re.findall(r"python -m cdk ([a-z-]+)", code)) <= set(commands(cdk_parser()))
    assert set(re.findall(r"\bpalier ([a-z]+)", code)) <= set(commands(cli_parser()))
    assert set(re.findall(r"python -m build_scripts ([a-z-]+)", code)) <= set(commands(make_parser()))


def test_codes_of_the_troubleshooting_page_exist() -> None:
    known = {one.code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.PalierError)}
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text("troubleshooting.md")))
    assert {"malformed_body", "sample_rate_contradicts", "dependency_unavailable"} <= named
    assert named - known == {"in_distribution", "evidence_agrees", "evidence_note"}


@needs_venv
def test_build_page_blocks_run() -> None:
    report = json.loads(run("set -e\n" + "".join(blocks(DOCS / "build.md"))).splitlines()[-1])
    assert report["records"] == 88
    assert report["variants"]["int8"]["record_accuracy"] > 0.95

"""Who may import whom; the rules of docs/architecture.md."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
FOLDERS = ("functions", "build_scripts", "cdk", "tests")
FUNCTIONS = sorted(
    {path.parent.name for name in ("handler.py", "app.py") for path in (ROOT / "functions").glob(f"*/{name}")}
)
# The container serves the inference function's routes: it composes them, and is never a Lambda function itself.
COMPOSED = {"container": {"inference"}}
# What of the project, beside functions.core, a room of build_scripts is there to run or to read.
BEYOND_CORE = {
    "build_scripts.local.aws": ("functions.jobs", "functions.worker"),
    "build_scripts.local.lambda_sandbox": ("functions.inference",),
    "build_scripts.local.cloud": ("cdk",),
    # Limits, sizes and prices of the stages: tables, without the CDK's library.
    "build_scripts.palier_cli.planning": ("cdk.stages", "cdk.stage_parts", "cdk.throttles", "cdk.reports.cost"),
    # The reference pages are written from the documents and parsers themselves.
    "build_scripts.build_cli.site": ("functions.inference", "local_server"),
    "build_scripts.benchmarks.attack": ("functions.inference", "functions.jobs", "functions.container"),
}
# Rooms of the build that need neither PyTorch nor ONNX, and so may import none of the others.
LIGHT_ROOMS = ("build_scripts.local.aws", "build_scripts.palier_cli")
FORBIDDEN_IN_FUNCTIONS = ("torch", "onnx", "aws_cdk", "constructs", "pytest", "moto", "cdk", "build_scripts", "tests")
# No folder holds more modules; the aim is about fifteen.
MOST_MODULES = 17


def modules(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def lies_in(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def violations(folder: str, *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imported(path)
        if any(lies_in(name, prefix) for prefix in forbidden)
    ]


@cache
def import_graph() -> dict[str, set[str]]:
    """Each module of the project, and those of the project that it imports."""
    paths = {module_name(path): path for folder in FOLDERS for path in modules(folder)}
    paths["local_server"] = ROOT / "local_server.py"
    return {name: {found for one in imported(path) if (found := _module(one, paths))} for name, path in paths.items()}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _module(name: str, paths: dict[str, Path]) -> str | None:
    """The module that an import names, or that it takes a name from."""
    return next((one for one in (name, name.rpartition(".")[0]) if one in paths), None)


def rooms_of(package: str) -> list[str]:
    """The rooms of a package from the ground up, as docs/architecture.md lists them."""
    section = ARCHITECTURE.partition(f"### Rooms of `{package}`\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_there_are_functions_to_check() -> None:
    assert {"inference", "rotation"} <= set(FUNCTIONS)
    assert len(modules("functions/core")) > 10


def test_functions_never_import_what_is_not_shipped() -> None:
    assert violations("functions", *FORBIDDEN_IN_FUNCTIONS, "local_server") == []


def test_core_imports_no_function() -> None:
    assert violations("functions/core", *(f"functions.{name}" for name in FUNCTIONS)) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_import_core_only(function: str) -> None:
    allowed = {function, *COMPOSED.get(function, ())}
    others = [f"functions.{name}" for name in FUNCTIONS if name not in allowed]
    assert violations(f"functions/{function}", *others) == []


@pytest.mark.parametrize("package", ["functions/core", "build_scripts"])
def test_the_rooms_are_those_of_the_architecture(package: str) -> None:
    folder = ROOT / package
    found = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")}
    found |= {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(found) == sorted(rooms_of(package))
    assert len(found) <= 16


@pytest.mark.parametrize("package", ["functions/core", "build_scripts"])
def test_a_room_imports_only_rooms_that_stand_before_it(package: str) -> None:
    prefix, rooms = package.replace("/", ".") + ".", rooms_of(package)
    assert len(rooms) > 10
    upwards = [
        f"{importer} imports {name}"
        for importer, names in import_graph().items()
        for name in names
        if importer.startswith(prefix) and name.startswith(prefix)
        if (place := importer.removeprefix(prefix).partition(".")[0]) in rooms
        and rooms.index(name.removeprefix(prefix).partition(".")[0]) > rooms.index(place)
    ]
    assert upwards == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = import_graph()
    assert sum(map(len, graph.values())) > 1000
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


def test_a_circle_would_be_found() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()


def test_build_scripts_import_core_and_what_they_are_there_to_run() -> None:
    foreign = ("functions", "cdk", "local_server")
    found = [
        f"{importer} imports {name}"
        for importer, names in import_graph().items()
        for name in names
        if lies_in(importer, "build_scripts")
        and any(lies_in(name, one) for one in foreign)
        and not lies_in(name, "functions.core")
        and not any(
            lies_in(importer, room) and any(lies_in(name, one) for one in allowed)
            for room, allowed in BEYOND_CORE.items()
        )
    ]
    assert found == []


@pytest.mark.parametrize("room", LIGHT_ROOMS)
def test_light_rooms_import_no_room_of_the_build_and_no_pytorch(room: str) -> None:
    ours = (*LIGHT_ROOMS, "build_scripts.errors")
    assert violations(room.replace(".", "/"), "torch", "onnx", "onnxscript") == []
    found = [
        f"{importer} imports {name}"
        for importer, names in import_graph().items()
        for name in names
        if lies_in(importer, room) and lies_in(name, "build_scripts")
        if not any(lies_in(name, one) for one in ours)
    ]
    assert found == []


def test_the_cdk_imports_neither_functions_nor_build() -> None:
    assert violations("cdk", "functions", "build_scripts", "local_server", "torch", "onnx") == []


def test_embedded_services_know_no_function_and_no_build_step() -> None:
    folder = "build_scripts/local/aws/embedded"
    assert violations(folder, *(f"functions.{name}" for name in FUNCTIONS)) == []
    others = [name for path in modules(folder) for name in imported(path) if lies_in(name, "build_scripts")]
    assert others
    assert [name for name in others if not lies_in(name, "build_scripts.local.aws.embedded")] == []


def test_the_emulator_s_guard_needs_nothing_but_the_emulator() -> None:
    """It runs under the emulator's Python, where no package of this project's is."""
    guard = "build_scripts.local.aws.embedded.guard"
    names = {name for path in modules(guard.replace(".", "/")) for name in imported(path)}
    others = {name.partition(".")[0] for name in names if not lies_in(name, guard)}
    assert "ministack" in others
    assert others - sys.stdlib_module_names == {"ministack"}


def test_local_server_imports_functions_and_what_stands_in_for_aws() -> None:
    names = set(imported(ROOT / "local_server.py"))
    assert {"torch", "onnx", "cdk", "tests"}.isdisjoint(name.partition(".")[0] for name in names)
    ours = {name for name in names if name.startswith("build_scripts")}
    assert all(name.startswith("build_scripts.local.aws.") for name in ours)


def test_nothing_imports_tests() -> None:
    graph = import_graph()
    importers = {name for name, names in graph.items() if any(lies_in(one, "tests") for one in names)}
    assert importers
    assert [name for name in importers if not lies_in(name, "tests")] == []


def test_no_import_is_hidden_from_these_tests() -> None:
    """importlib hides an import from mypy and from this file; a user's own network is the one thing that needs it."""
    hidden = [
        str(path.relative_to(ROOT))
        for folder in ("functions", "build_scripts", "cdk")
        for path in modules(folder)
        if any(lies_in(name, "importlib") and not lies_in(name, "importlib.metadata") for name in imported(path))
        or "__import__(" in path.read_text()
    ]
    assert hidden == ["build_scripts/networks/user_module.py"]


def test_packages_hold_one_sentence() -> None:
    inits = [path for folder in ("functions", "build_scripts", "cdk") for path in modules(folder)]
    inits = [path for path in inits if path.name == "__init__.py"]
    assert len(inits) > 40
    assert [str(path.relative_to(ROOT)) for path in inits if len(path.read_text().splitlines()) != 1] == []


@pytest.mark.parametrize("folder", ["functions", "build_scripts", "cdk"])
def test_no_folder_is_crowded(folder: str) -> None:
    counts: dict[str, int] = {}
    for path in modules(folder):
        if path.name != "__init__.py":
            place = str(path.parent.relative_to(ROOT))
            counts[place] = counts.get(place, 0) + 1
    assert {place: count for place, count in counts.items() if count > MOST_MODULES} == {}


@pytest.mark.parametrize(
    "module",
    [
        "functions.inference.handler",
        "functions.jobs.handler",
        "functions.rotation.handler",
        "functions.worker.handler",
        "local_server",
        "build_scripts.palier_cli.main",
    ],
)
def test_importing_what_serves_loads_nothing_heavy(module: str) -> None:
    """A real import: also what third-party packages pull in is counted."""
    heavy = ("torch", "onnx", "scipy", "h5py", "boto3", "soxr", "soundfile", "pytest", "moto")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS
    )
    assert done.stdout.strip() == "[]"


def test_broad_except_stands_at_the_boundary_and_around_users_code() -> None:
    broad = [
        f"{path.relative_to(ROOT)}"
        for folder in ("functions", "build_scripts", "cdk")
        for path in modules(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert broad == ["functions/core/http/asgi.py", "build_scripts/networks/user_code.py"]


@pytest.mark.parametrize("folder", ["functions", "build_scripts", "cdk", "tests"])
def test_modules_stay_short(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(folder)
        if (lines := sum(1 for line in path.read_text().splitlines() if line.strip())) > 300
    }
    assert long == {}


@pytest.mark.parametrize("folder", ["functions", "build_scripts", "cdk", "tests"])
def test_functions_stay_short(folder: str) -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": lines
        for path in modules(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > 50
    }
    assert long == {}

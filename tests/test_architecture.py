"""Who may import whom; the rules of docs/architecture.md."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = sorted(
    {path.parent.name for name in ("handler.py", "app.py") for path in (ROOT / "functions").glob(f"*/{name}")}
)
# The container serves the inference function's routes: it composes them, and is never a Lambda function itself.
COMPOSED = {"container": {"inference"}}
FORBIDDEN_IN_FUNCTIONS = ("torch", "onnx", "aws_cdk", "constructs", "pytest", "moto", "cdk", "build_scripts", "tests")


def modules(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield str(node.module)


def violations(folder: str, *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imported(path)
        if any(name == prefix or name.startswith(f"{prefix}.") for prefix in forbidden)
    ]


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


def test_the_command_line_needs_no_pytorch() -> None:
    build_steps = [f"build_scripts.{path.stem}" for path in (ROOT / "build_scripts").glob("*.py")]
    assert violations("build_scripts/palier_cli", "torch", "onnx", "onnxscript", *build_steps) == []


def test_the_cdk_imports_neither_functions_nor_build() -> None:
    assert violations("cdk", "functions", "build_scripts", "local_server", "torch", "onnx") == []


def test_embedded_services_know_no_function_and_no_build_step() -> None:
    others = [f"build_scripts.{path.stem}" for path in (ROOT / "build_scripts").iterdir() if path.stem != "embedded"]
    assert (
        violations("build_scripts/local/aws/embedded", *others, "cdk", "tests", "local_server", "torch", "onnx") == []
    )
    assert violations("build_scripts/local/aws/embedded", *(f"functions.{name}" for name in FUNCTIONS)) == []


def test_local_server_imports_functions_and_what_stands_in_for_aws() -> None:
    names = set(imported(ROOT / "local_server.py"))
    assert {"torch", "onnx", "cdk", "tests"}.isdisjoint(name.partition(".")[0] for name in names)
    ours = {name for name in names if name.startswith("build_scripts")}
    assert all(name.startswith(("build_scripts.local.aws.", "build_scripts.local.aws.embedded.")) for name in ours)


def test_what_stands_in_for_aws_locally_needs_no_build_step() -> None:
    others = [f"build_scripts.{path.stem}" for path in (ROOT / "build_scripts").iterdir()]
    allowed = {"build_scripts.local.aws", "build_scripts.local.aws.embedded"}
    forbidden = [name for name in others if name not in allowed]
    assert violations("build_scripts/local/aws", *forbidden, "cdk", "tests", "local_server", "torch", "onnx") == []


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
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_broad_except_stands_once() -> None:
    broad = [
        f"{path.relative_to(ROOT)}"
        for folder in ("functions", "build_scripts", "cdk")
        for path in modules(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert broad == ["functions/core/http/asgi.py"]


@pytest.mark.parametrize("folder", ["functions", "build_scripts", "cdk", "tests"])
def test_modules_stay_short(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(folder)
        if (lines := sum(1 for line in path.read_text().splitlines() if line.strip())) > 300
    }
    assert long == {}

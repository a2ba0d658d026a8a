import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from build_scripts.errors import GateFailed
from build_scripts.lambda_bundle.checks.layer_gates import (
    check_bytecode,
    check_forbidden,
    check_libraries,
    check_licences,
    check_required,
    check_size,
)
from build_scripts.lambda_bundle.distribution import read_distribution
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.packages.interpreter import Interpreter, with_bytecode
from build_scripts.lambda_bundle.packages.lock import Pin
from build_scripts.lambda_bundle.packages.wheels import Wheel
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.tree import Tree
from tests.support.wheels import HERE, THERE

SOURCES = {"python/pack/a.py": b"A = 1\n", "python/b.py": b"B = 2\n"}


@pytest.fixture
def tree(this_python: Interpreter) -> Tree:
    return with_bytecode(SOURCES, this_python, "/opt")


def test_a_layer_over_its_budget_is_refused() -> None:
    check_size("layers/runtime-arm64.zip", 85 * 2**20, 85)
    with pytest.raises(
        GateFailed,
        match=r"size of layers/runtime-arm64\.zip in MiB failed: measured 85\.00\d*, limit at most 85",
    ):
        check_size("layers/runtime-arm64.zip", 85 * 2**20 + 2000, 85)


def test_a_library_for_another_processor_is_refused(libraries: Mapping[str, bytes], recipe: Recipe) -> None:
    name, content = next(iter(libraries.items()))
    check_libraries({f"python/{name}": content}, HERE, recipe)
    with pytest.raises(BundleError, match=rf"python/{re.escape(name)} is for {HERE.elf_machine}; the layer is for"):
        check_libraries({f"python/{name}": content}, THERE, recipe)


def test_a_symbol_newer_than_lambda_s_glibc_is_refused(libraries: Mapping[str, bytes], recipe: Recipe) -> None:
    older = recipe.model_copy(update={"newest_symbols": {"GLIBC": "2.3"}})
    library = {"python/x.so": max(libraries.values(), key=len)}
    with pytest.raises(
        GateFailed, match=r"GLIBC symbols of python/x\.so \(GLIBC_2\.\d+\).*measured 2\.\d+, limit at most GLIBC_2\.3"
    ):
        check_libraries(library, HERE, older)


def test_files_that_are_no_libraries_are_not_read(recipe: Recipe) -> None:
    check_libraries({"python/notes.so.txt": b"text", "python/a.py": b"\x7fELF"}, HERE, recipe)


def test_whole_bytecode_passes(tree: Tree, native: Recipe) -> None:
    check_bytecode(tree, native)


def test_a_missing_pyc_is_named(tree: Tree, native: Recipe) -> None:
    lost = next(path for path in tree if path.endswith(".pyc") and "/pack/" in path)
    with pytest.raises(GateFailed, match=rf"missing \.pyc \({re.escape(lost)}\).*measured 1, limit 0"):
        check_bytecode({path: content for path, content in tree.items() if path != lost}, native)


def test_a_pyc_without_its_source_is_named(tree: Tree, native: Recipe) -> None:
    with pytest.raises(GateFailed, match=r"alone \.pyc \(python/__pycache__/b\..*measured 1, limit 0"):
        check_bytecode({path: content for path, content in tree.items() if path != "python/b.py"}, native)


@pytest.mark.parametrize(
    ("start", "end", "value"), [(0, 2, b"\x00\x00"), (4, 8, bytes(4)), (4, 8, b"\x03\x00\x00\x00")]
)
def test_a_pyc_of_another_python_or_one_that_is_checked_is_named(
    tree: Tree, native: Recipe, start: int, end: int, value: bytes
) -> None:
    path = next(path for path in tree if path.endswith(".pyc"))
    content = tree[path][:start] + value + tree[path][end:]
    with pytest.raises(GateFailed, match=rf"stale \.pyc \({re.escape(path)}\).*measured 1, limit 0"):
        check_bytecode({**tree, path: content}, native)


@pytest.mark.parametrize(
    "path",
    [
        "python/torch/__init__.py",
        "python/onnx/__init__.py",
        "python/boto3/session.py",
        "python/pytest/__init__.py",
        "python/pip.py",
        "python/numpy/tests/test_x.py",
        "functions/inference/tests/test_x.py",
    ],
)
def test_what_must_not_be_in_the_bundle_is_named(native: Recipe, path: str) -> None:
    with pytest.raises(GateFailed, match=rf"must not be in the bundle \({re.escape(path)}\).*measured 1, limit 0"):
        check_forbidden({path: b""}, native)


def test_onnxruntime_is_not_onnx(native: Recipe) -> None:
    check_forbidden({"python/onnxruntime/__init__.py": b"", "python/contests/x.py": b""}, native)


def test_what_must_be_in_a_layer_is_missed(recipe: Recipe) -> None:
    with pytest.raises(GateFailed, match=r"numpy does not load without OpenBLAS.*measured 0, limit at least 1"):
        check_required({"python/numpy/__init__.py": b""}, recipe)


def test_a_distribution_without_a_licence_is_named(recipe: Recipe) -> None:
    wheel = Wheel(Pin("tiny", "1.0", frozenset()), Path("tiny-1.0-py3-none-any.whl"), "")  # type: ignore[arg-type]
    metadata = {"tiny-1.0.dist-info/METADATA": b"Name: tiny\nVersion: 1.0\n"}
    check_licences([read_distribution(wheel, {**metadata, "tiny-1.0.dist-info/LICENSE": b"MIT"}, recipe)])
    with pytest.raises(GateFailed, match=r"without a licence text \(tiny\).*measured 1, limit 0"):
        check_licences([read_distribution(wheel, metadata, recipe)])

"""A project small enough to bundle in a test: a function, a model, a lock of tiny wheels, and their cache."""

import hashlib
import importlib.util
import platform
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from build_scripts.build_cli.parser import ROOT
from build_scripts.lambda_bundle.architecture import ARCHITECTURES
from build_scripts.lambda_bundle.recipe import Recipe, read_recipe
from tests.support.packages import write_package

LICENCE = "Do as you please."
HERE = ARCHITECTURES["arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"]
THERE = ARCHITECTURES["x86_64" if HERE.name == "arm64" else "arm64"]


def write_wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes], tag: str = "py3-none-any") -> Path:
    """Write a wheel of some files, with metadata and a licence, and return its path."""
    records = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{records}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense: MIT\n\n".encode(),
        f"{records}/licenses/LICENSE": LICENCE.encode(),
        f"{records}/RECORD": b"",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in contents.items():
            archive.writestr(zipfile.ZipInfo(file), content)
    return path


def locked(*wheels: Path) -> str:
    """Return a lock file of some wheels."""
    entries = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        entries.append(f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return "".join(entries)


def native_recipe() -> Recipe:
    """Return the shipped recipe for the Python that runs the tests, with nothing required."""
    magic = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
    changes = {"python": platform.python_version(), "bytecode_magic": magic, "required": ()}
    return read_recipe(ROOT / "layers" / "runtime" / "recipe.toml").model_copy(update=changes)


def recipe_text() -> str:
    """Return `native_recipe` as the text of a recipe file."""
    text = (ROOT / "layers" / "runtime" / "recipe.toml").read_text()
    recipe = native_recipe()
    text = text.replace('python = "3.13.5"', f'python = "{recipe.python}"')
    text = text.replace("bytecode_magic = 3571", f"bytecode_magic = {recipe.bytecode_magic}")
    kept = [part for part in text.split("[[") if not part.startswith("required")]
    return "required = []\n" + "[[".join(kept)


def write_project(root: Path) -> Path:
    """Write a project with its cache of wheels, and return its folder."""
    function = root / "functions" / "echo"
    function.mkdir(parents=True)
    (root / "functions" / "__init__.py").write_text('"""Functions."""\n')
    (function / "__init__.py").write_text("")
    (function / "handler.py").write_text(
        "KINDS = {'a', 'b', 'c'}\n\n\ndef handler(event, context):\n    return event\n"
    )
    (function / "page.html").write_text("<p>hello</p>\n")
    stale = function / "__pycache__"
    stale.mkdir()
    (stale / f"handler.{sys.implementation.cache_tag}.pyc").write_bytes(b"of another time")
    write_package(root / "layers" / "models", "tiny", "1")
    tiny = write_wheel(
        root / "cache" / "wheels" / HERE.name,
        "tiny",
        "1.0",
        {"tiny/__init__.py": b"ONE = 1\n", "tiny/tests/test_one.py": b"assert True\n", "tiny/one.pyi": b"ONE: int\n"},
    )
    runtime = root / "layers" / "runtime"
    runtime.mkdir()
    (runtime / "requirements.txt").write_text(locked(tiny))
    (runtime / "recipe.toml").write_text(recipe_text())
    return root

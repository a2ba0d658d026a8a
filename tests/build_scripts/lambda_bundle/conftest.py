import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy
import pytest

from build_scripts.build_cli.parser import BUILD, ROOT
from build_scripts.lambda_bundle.architecture import ARCHITECTURES
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.packages.interpreter import Interpreter, target_python
from build_scripts.lambda_bundle.packages.lock import read_pins
from build_scripts.lambda_bundle.packages.wheels import fetch_wheels
from build_scripts.lambda_bundle.recipe import Recipe, read_recipe
from build_scripts.lambda_bundle.step import Sources
from tests.support.wheels import native_recipe

# Two machines as unlike as one machine can be.
ELSEWHERE = (
    {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1", "LC_ALL": "C", "UMASK": "077"},
    {"TZ": "America/Los_Angeles", "PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "UMASK": "002"},
)


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """The shipped recipe."""
    return read_recipe(Sources(ROOT).recipe)


@pytest.fixture(scope="session")
def native() -> Recipe:
    """The shipped recipe, for the Python that runs the tests."""
    return native_recipe()


@pytest.fixture(scope="session")
def this_python() -> Interpreter:
    return Interpreter([sys.executable])


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A path on which this Python stands under the name that the bundle looks for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / f"python{platform.python_version().rpartition('.')[0]}").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture(scope="session")
def libraries() -> Mapping[str, bytes]:
    """Real shared libraries: numpy's, some of them patched by auditwheel."""
    folder = Path(numpy.__file__).parent
    paths = [*folder.glob("_core/*.so"), *(folder.parent / "numpy.libs").glob("*.so")]
    if not paths:
        pytest.skip("this machine's numpy has no ELF libraries")
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture(scope="session")
def target(recipe: Recipe) -> Interpreter:
    """The Python of the layers."""
    try:
        return target_python(recipe.python, BUILD)
    except BundleError as error:
        pytest.skip(f"the layers' Python cannot be had here: {error}")


@pytest.fixture(scope="session")
def wheels(recipe: Recipe, target: Interpreter) -> Path:
    """The cache with the wheels of x86_64."""
    architecture = ARCHITECTURES["x86_64"]
    pins = read_pins(Sources(ROOT).lock, architecture, recipe.python)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_RETRIES", "0")
        patch.setenv("PIP_DEFAULT_TIMEOUT", "10")
        try:
            fetch_wheels(pins, architecture, recipe, BUILD / "wheels")
        except BundleError as error:
            pytest.skip(f"the wheels cannot be had here: {error}")
    return BUILD


@pytest.fixture(scope="session")
def built_twice(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The bundle for x86_64, built from two copies of the project in two places."""
    first, second = (
        _built(tmp_path_factory.mktemp(f"place-{index}"), wheels, variables)
        for index, variables in enumerate(ELSEWHERE)
    )
    return first, second


def _built(place: Path, cache: Path, variables: Mapping[str, str]) -> Path:
    for name in ("functions", "layers", "build_scripts"):
        shutil.copytree(
            ROOT / name, place / "project" / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules", "*.pt")
        )
    (place / "tmp").mkdir()
    step = [sys.executable, "-m", "build_scripts", "bundle", "--architecture", "x86_64"]
    told = ["--out", str(place / "out"), "--cache", str(cache), "--json"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "TMPDIR": str(place / "tmp"), **variables}
    done = subprocess.run(
        [*step, *told],
        cwd=place / "project",
        env=environment | {"PYTHONPATH": str(place / "project")},
        umask=int(variables["UMASK"], 8),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return place / "out"

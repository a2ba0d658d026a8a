"""The target's Python, exactly the recipe's, from the machine or from Debian, and the bytecode it makes."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from build_scripts.errors import DebianError, last_line
from build_scripts.evidence.other_processors.debian_packages import SUITE, unpack_packages
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.tree import Tree, joined, read_bytecode, write_tree

TIMEOUT_S = 600


@dataclass(frozen=True)
class Interpreter:
    """A Python that can be run: its command and the variables that it needs."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, arguments: Sequence[str]) -> str:
        """Run it and return its standard output.

        Raises:
            BundleError: it cannot be run, or ends with another status than 0.
        """
        return _run([*self.command, *arguments], {"PYTHONHASHSEED": "0", **self.environment})


def target_python(version: str, cache: Path) -> Interpreter:
    """Return a Python of exactly this version: one on the path, or Debian's, kept in the cache folder.

    Another patch level compiles some sources to other bytes.

    Raises:
        BundleError: there is none and none can be made; the message names what to install.
    """
    minor = version.rpartition(".")[0]
    found = shutil.which(f"python{minor}")
    if found is not None and _is(Interpreter([found]), version):
        return Interpreter([found])
    root = cache / f"python-{version}"
    if not (root / ".complete").exists():
        _make_root(root, minor)
    interpreter = _in_root(root, minor)
    if _version(interpreter) != version:
        raise BundleError(
            f"Debian {SUITE} has Python {_version(interpreter)}, the layer's recipe asks for {version}: "
            f"put a python{minor} of that version on the PATH, or change layers/runtime/recipe.toml."
        )
    return interpreter


def with_bytecode(tree: Tree, interpreter: Interpreter, mounted: str) -> Tree:
    """Return the files with an unchecked-hash .pyc beside each .py.

    Args:
        tree: files; .py that cannot be compiled have no place in it.
        interpreter: the target's Python.
        mounted: folder where Lambda puts the files; tracebacks name it.

    Raises:
        BundleError: a source cannot be compiled.
    """
    sources = {path: content for path, content in tree.items() if path.endswith(".py")}
    with TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        write_tree(sources, root)
        options = ["-q", "-f", "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", mounted, str(root)]
        interpreter.run(["-S", "-s", "-P", "-W", "ignore", "-m", "compileall", *options])
        return joined([tree, read_bytecode(root)])


def _is(interpreter: Interpreter, version: str) -> bool:
    """Return whether a Python is of a version; a command that cannot run, as a version manager's shim, is not."""
    try:
        return _version(interpreter) == version
    except BundleError:
        return False


def _version(interpreter: Interpreter) -> str:
    return interpreter.run(["-I", "-S", "-c", "import platform; print(platform.python_version())"]).strip()


def _make_root(root: Path, minor: str) -> None:
    shutil.rmtree(root, ignore_errors=True)
    try:
        unpack_packages([f"python{minor}-minimal", f"libpython{minor}-stdlib"], root)
    except DebianError as error:
        raise BundleError(
            f"The layers' bytecode is made by Python {minor}, of this machine or of Debian {SUITE}: {error}"
        ) from error
    (root / ".complete").touch()


def _in_root(root: Path, minor: str) -> Interpreter:
    """Return Debian's Python, run by its own loader: it may need a newer glibc than this machine's."""
    loaders = sorted(root.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*"))
    if not loaders:
        raise BundleError(f"{root} has no loader of shared libraries: remove it.")
    libraries = ["--library-path", str(loaders[0].parent)]
    return Interpreter(
        [str(loaders[0]), *libraries, str(root / "usr" / "bin" / f"python{minor}")], {"PYTHONHOME": str(root / "usr")}
    )


def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S, env=dict(environment)
        )
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        reason = last_line(getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error))
        raise BundleError(f"{Path(command[0]).name} failed: {reason}") from error
    return done.stdout

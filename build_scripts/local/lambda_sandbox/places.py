"""The parts of the sandbox: Debian's Python 3.13, the built bundle and AWS's runtime client."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from build_scripts.errors import DebianError
from build_scripts.evidence.other_processors.debian_packages import unpack_packages
from build_scripts.local.lambda_sandbox.groups import ControlGroups

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
CACHE = BUILD / "lambda"
LOCK = Path(__file__).with_name("requirements.txt")
PACKAGES = ("python3.13-minimal", "libpython3.13-stdlib", "libstdc++6", "zlib1g")
EMPTY_FOLDERS = ("opt", "var/task", "var/runtime", "tmp", "dev", "proc")
LINKED = ("bin", "sbin", "lib", "lib64")


class NotHereError(Exception):
    """The local Lambda cannot run on this machine; the message names what is missing."""


@dataclass(frozen=True)
class Places:
    """Folders of the sandbox: its root, the function's code, the layers' contents, the runtime client."""

    root: Path
    task: Path
    opt: Path
    runtime: Path

    def mounts(self) -> dict[str, str]:
        """Return what is mounted where, by path below the root."""
        return {
            "root": str(self.root),
            "var/task": str(self.task),
            "opt": str(self.opt),
            "var/runtime": str(self.runtime),
        }


def make_places() -> Places:
    """Return the places, made where they are missing or older than the bundle.

    Raises:
        NotHereError: no root rights, no mmdebstrap, no control groups, no bundle.
    """
    if os.geteuid() != 0:
        raise NotHereError("the local Lambda needs root, for namespaces and control groups")
    if lacking := ControlGroups("palier").missing():
        raise NotHereError(f"the local Lambda needs {lacking}")
    architecture = host_architecture()
    layers = [BUILD / "layers" / f"{name}-{architecture}.zip" for name in ("runtime", "models")]
    functions = BUILD / "functions.zip"
    if missing := [path.name for path in (functions, *layers) if not path.exists()]:
        raise NotHereError(f"{', '.join(missing)} is not built: make bundle")
    return Places(
        root=make_root(CACHE / "root", architecture),
        task=unpacked(CACHE / "task", [functions]),
        opt=unpacked(CACHE / "opt", layers),
        runtime=_runtime(CACHE / "runtime"),
    )


def make_root(folder: Path, architecture: str) -> Path:
    """Return Debian's Python 3.13 for an architecture, made where it is missing.

    Raises:
        NotHereError: no mmdebstrap, or no mirror.
    """
    if (folder / "opt").exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Made aside, so that two processes that need it at once do not disturb each other.
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as aside:
        made = _make_root(Path(aside) / folder.name, architecture)
        if not (folder / "opt").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _take_place(made, folder)
    return folder


def _take_place(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError as error:
        # Whoever was first has made the same.
        if not (folder / "opt").exists():
            raise NotHereError(f"{folder} is in the way: {error.strerror}; remove it") from error


def _make_root(folder: Path, architecture: str) -> Path:
    debian = {"arm64": "arm64", "x86_64": "amd64"}[architecture]
    try:
        unpack_packages(PACKAGES, folder, architecture=debian)
    except DebianError as error:
        raise NotHereError(str(error).rstrip(".")) from error
    for name in LINKED:
        if not (folder / name).exists() and (folder / "usr" / name).exists():
            (folder / name).symlink_to(f"usr/{name}")
    if architecture == host_architecture():
        _compile_standard_library(folder)
    for name in EMPTY_FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder


def host_architecture() -> str:
    """Return this machine's architecture as the bundle names it."""
    return "arm64" if platform.machine() == "aarch64" else "x86_64"


def _compile_standard_library(root: Path) -> None:
    """Compile the standard library, as on Lambda: Debian compiles when it configures a package, which is left out."""
    library = ["/usr/bin/python3.13", "-m", "compileall", "-q", "/usr/lib/python3.13"]
    subprocess.run(["chroot", str(root), *library], check=True, timeout=300)


def unpacked(folder: Path, archives: list[Path]) -> Path:
    """Return a folder with what is in some archives, unpacked anew when one is newer."""
    stamp = folder.with_suffix(".stamp")
    newest = str(max(path.stat().st_mtime_ns for path in archives))
    if stamp.exists() and stamp.read_text() == newest:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    stamp.write_text(newest)
    return folder


def _runtime(folder: Path) -> Path:
    if (folder / "awslambdaric").exists():
        return folder
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
    machine = platform.machine()
    target = ["--platform", f"manylinux2014_{machine}", "--python-version", "3.13", "--only-binary=:all:"]
    command = [*pip, "--require-hashes", "-r", str(LOCK), *target, "--target", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise NotHereError(f"awslambdaric cannot be downloaded: {done.stderr.strip().splitlines()[-1:]}")
    return folder

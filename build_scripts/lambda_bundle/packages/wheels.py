"""The locked wheels of one architecture: downloaded once, verified each time, unpacked."""

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from build_scripts.errors import last_line
from build_scripts.lambda_bundle.architecture import Architecture
from build_scripts.lambda_bundle.errors import WheelError
from build_scripts.lambda_bundle.packages.lock import Pin
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.tree import Tree

TIMEOUT_S = 900
# Folders of a wheel's .data that install beside its packages. Source: PyPA, binary distribution format.
LIBRARIES = ("purelib", "platlib")


@dataclass(frozen=True)
class Wheel:
    """One downloaded file, and the pin it was verified by."""

    pin: Pin
    path: Path
    sha256: str


def fetch_wheels(pins: Sequence[Pin], architecture: Architecture, recipe: Recipe, cache: Path) -> Sequence[Wheel]:
    """Return a verified wheel for each pin; what the cache folder has not is downloaded by pip.

    Raises:
        WheelError: a wheel cannot be had, is of another architecture, or is not the one that was locked.
    """
    folder = cache / architecture.name
    folder.mkdir(parents=True, exist_ok=True)
    missing = [pin for pin in pins if not _named(folder, pin)]
    if missing:
        _download(missing, architecture, recipe, folder)
    return [_verified(folder, pin, architecture) for pin in pins]


def unpack(wheel: Path) -> Tree:
    """Return the files of a wheel as they stand in site-packages; scripts, headers and data are left out."""
    with zipfile.ZipFile(io.BytesIO(wheel.read_bytes())) as archive:
        contents = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    return dict(_installed(contents))


def _installed(contents: Tree) -> Iterator[tuple[str, bytes]]:
    for path, content in contents.items():
        top, _, below = path.partition("/")
        kind, _, rest = below.partition("/")
        if not top.endswith(".data"):
            yield path, content
        elif kind in LIBRARIES:
            yield rest, content


def _named(folder: Path, pin: Pin) -> list[Path]:
    return [path for path in sorted(folder.glob("*.whl")) if _identity(path) == (pin.name, pin.version)]


def _identity(path: Path) -> tuple[str, str] | None:
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        # A file of somebody else's in the folder.
        return None
    return name, str(version)


def _verified(folder: Path, pin: Pin, architecture: Architecture) -> Wheel:
    found = _named(folder, pin)
    if len(found) != 1:
        raise WheelError(f"{folder} has {len(found)} wheels of {pin.name} {pin.version}, not 1: remove them.")
    path = found[0]
    tags = {tag.platform for tag in parse_wheel_filename(path.name)[3]}
    if not all(tag == "any" or tag.endswith(f"_{architecture.machine}") for tag in tags):
        raise WheelError(f"{path.name} is not for {architecture.name}.")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if sha256 not in pin.hashes:
        raise WheelError(f"{path} is not a locked file of {pin.name} {pin.version}: its sha256 is {sha256}. Remove it.")
    return Wheel(pin, path, sha256)


def _download(pins: Sequence[Pin], architecture: Architecture, recipe: Recipe, folder: Path) -> None:
    platforms = [part for name in recipe.platforms for part in ("--platform", f"{name}_{architecture.machine}")]
    target = ["--python-version", recipe.python_minor, "--implementation", "cp", "--only-binary=:all:"]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
    with TemporaryDirectory() as directory:
        lines = Path(directory) / "requirements.txt"
        lines.write_text("\n".join(pin.as_requirement() for pin in pins) + "\n")
        _run([*pip, "--require-hashes", *platforms, *target, "--dest", str(folder), "-r", str(lines)], architecture)


def _run(command: Sequence[str], architecture: Architecture) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise WheelError(f"pip did not get the wheels for {architecture.name} within {TIMEOUT_S} s.") from error
    except subprocess.CalledProcessError as error:
        reason = last_line("\n".join(line for line in error.stderr.splitlines() if line.startswith("ERROR")))
        raise WheelError(f"pip did not get the wheels for {architecture.name}: {reason}") from error

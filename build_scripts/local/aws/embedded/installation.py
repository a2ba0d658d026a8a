"""The emulator's packages: in a folder of their own, from locked versions with hashes, installed once."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from functions.core.errors import PalierError

LOCK = Path(__file__).with_name("requirements.txt")
CACHE = Path(__file__).resolve().parents[4] / "build" / "embedded"
_TIMEOUT_S = 600

Tell = Callable[[str], None]


class EmbeddedServicesError(PalierError):
    """The embedded services cannot be installed or started; the sentence says why."""

    code = "embedded_services"


def installed_packages(cache: Path = CACHE, python_version: str | None = None, tell: Tell = lambda _: None) -> Path:
    """Return the folder of the emulator's packages, made where it is missing or of another lock.

    Args:
        cache: folder of such folders.
        python_version: of the Python that will run them, like `3.13`; default this one's.
        tell: gets one sentence before a download.

    Raises:
        EmbeddedServicesError: pip cannot install them.
    """
    version = python_version or f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache / f"packages-{version}-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        tell(f"installing the embedded AWS services into {cache} (once)")
        cache.mkdir(parents=True, exist_ok=True)
        _install(folder, version)
    return folder


def _install(folder: Path, version: str) -> None:
    # Filled aside and moved: a folder of that name is whole, whoever was interrupted or as fast.
    aside = Path(tempfile.mkdtemp(prefix="installing-", dir=folder.parent))
    try:
        _pip(aside / "packages", version)
        (aside / "packages").rename(folder)
    except OSError as error:
        if not folder.exists():
            raise EmbeddedServicesError(f"{folder} cannot be made: {error.strerror}.") from None
    finally:
        shutil.rmtree(aside)


def _pip(folder: Path, version: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
    # pip takes a Python of another version only for named platforms.
    other = version != f"{sys.version_info.major}.{sys.version_info.minor}"
    target = ["--platform", f"manylinux2014_{platform.machine()}", "--python-version", version] if other else []
    command = [*pip, "--only-binary=:all:", "--require-hashes", "-r", str(LOCK), *target, "--target", str(folder)]
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S, env=os.environ | {"PIP_USER": "0"}
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = str(error.stderr or error).strip().splitlines()[-1:]
        raise EmbeddedServicesError(f"The embedded services cannot be installed: {''.join(said)}") from None

"""A Python for arm64 below one folder: Debian's interpreter and the locked wheels of numpy and onnxruntime."""

import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from build_scripts.errors import EmulationError, last_line
from build_scripts.evidence.other_processors.debian_packages import unpack_packages

SUITE, PYTHON = "bookworm", "3.11"
PACKAGES = ("python3.11-minimal", "libpython3.11-stdlib", "libstdc++6")
LOCK = Path(__file__).resolve().parents[3] / "layers" / "runtime" / "requirements.txt"
WHEELS = ("numpy", "onnxruntime")
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux2014_aarch64")
# onnxruntime's processor detection reads these two and breaks on those of another architecture.
CPU_INFO = """processor\t: 0
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1

"""


def arm64_command(work: Path) -> Sequence[str]:
    """Return the command of an arm64 Python, on an arm64 machine this interpreter.

    The folder is made the first time, from Debian's and PyPI's mirrors.

    Raises:
        DebianError: Debian's packages cannot be unpacked.
        EmulationError: the emulator is missing, or the wheels cannot be downloaded.
    """
    if platform.machine() == "aarch64":
        return (sys.executable,)
    qemu, root = shutil.which("qemu-aarch64"), work / "arm64"
    if qemu is None:
        raise EmulationError("qemu-aarch64 is not installed; on Debian: apt install qemu-user.")
    if not (root / ".complete").exists():
        make_root(root)
    environment = {
        "LD_LIBRARY_PATH": "/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu",
        "PYTHONHOME": str(root / "usr"),
        "PYTHONPATH": str(root / "site"),
    }
    variables = [part for name, value in environment.items() for part in ("-E", f"{name}={value}")]
    return (qemu, "-cpu", "neoverse-n1", "-L", str(root), *variables, str(root / "usr" / "bin" / f"python{PYTHON}"))


def make_root(root: Path) -> Path:
    """Make the folder anew: Debian's packages extracted, the locked wheels unpacked, a processor described.

    Raises:
        DebianError: Debian's packages cannot be unpacked.
        EmulationError: the wheels cannot be downloaded.
    """
    shutil.rmtree(root, ignore_errors=True)
    unpack_packages(PACKAGES, root, suite=SUITE, architecture="arm64")
    _unpack_wheels(root)
    for name in ("proc", "sys/devices/system/cpu"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "proc" / "cpuinfo").write_text(CPU_INFO)
    (root / ".complete").touch()
    return root


def _unpack_wheels(root: Path) -> None:
    lock, folder = root / "wheels.txt", root / "wheels"
    lock.write_text(locked(LOCK.read_text(), WHEELS))
    platforms = [part for name in PLATFORMS for part in ("--platform", name)]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
    target = ["--python-version", PYTHON, "--implementation", "cp", "--only-binary=:all:", "--dest", str(folder)]
    _download([*pip, "--require-hashes", "-r", str(lock), *platforms, *target])
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root / "site")
        wheel.unlink()


def locked(text: str, names: Sequence[str]) -> str:
    """Return the entries of a lock file for some packages, with their hashes."""
    entries = re.split(r"\n(?=\S)", text)
    return "\n".join(entry for entry in entries if entry.split("==")[0].strip() in names) + "\n"


def _download(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        reason = last_line(error.stderr)
        raise EmulationError(
            f"The wheels of arm64 cannot be downloaded: {reason}; is pip's index within reach?"
        ) from error

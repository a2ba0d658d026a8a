"""Environments of the peers: one for each, locked with hashes, outside the project's own."""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from build_scripts.errors import BuildError

ROOT = Path(__file__).resolve().parents[3]
LOCKS = ROOT / "build_scripts" / "locks"
_TIMEOUT_S = 1800


@dataclass(frozen=True)
class Environment:
    """A Python with what a lock names.

    Args:
        name: of its folder.
        lock: requirements with hashes, below `build_scripts/locks`.
        python: the interpreter it is made of; by default this one.
    """

    name: str
    lock: str
    python: str = sys.executable

    def made(self, folder: Path) -> Path:
        """Return the folder of its programs, made anew if the lock has changed.

        Raises:
            BuildError: it cannot be installed.
        """
        place = folder / self.name
        mark, wanted = place / "lock.sha256", hashlib.sha256((LOCKS / self.lock).read_bytes()).hexdigest()
        if not mark.exists() or mark.read_text() != wanted:
            shutil.rmtree(place, ignore_errors=True)
            _run("uv", "venv", "--quiet", "--python", self.python, str(place))
            _run("uv", "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), "--require-hashes",
                 "--requirement", str(LOCKS / self.lock))  # fmt: skip
            mark.write_text(wanted)
        return place / "bin"

    def size_mb(self, folder: Path) -> float:
        """Return what is installed, in megabytes."""
        packages = (folder / self.name).rglob("*")
        return sum(path.lstat().st_size for path in packages if path.is_file()) / 1e6


def _run(*command: str) -> None:
    program = str(Path(sys.executable).parent / command[0])
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode:
        raise BuildError(f"An environment cannot be made: {done.stderr.strip()}")

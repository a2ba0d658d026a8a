"""The revision of the project that a bundle was made from, by git."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Revision:
    """A commit, and whether what is bundled differs from it; None where git does not report it."""

    commit: str | None
    modified: bool | None


def read_revision(root: Path, paths: tuple[str, ...]) -> Revision:
    """Return the revision of a folder, looking for changes in some paths of it."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return Revision(None, None)
    changes = _git(root, "status", "--porcelain", "--", *paths)
    return Revision(commit, None if changes is None else bool(changes))


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True, timeout=60)
    except (FileNotFoundError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip()

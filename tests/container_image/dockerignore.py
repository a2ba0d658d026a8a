"""What .dockerignore lets through: the later of two lines that fit decides.

Source: Docker's reference, "Build context", ".dockerignore files".
"""

import re
import shutil
from functools import lru_cache
from pathlib import Path


def context_of(root: Path, to: Path) -> Path:
    """Copy what the builder would be sent."""
    rules = _rules((root / ".dockerignore").read_text())
    for folder in ("functions", "layers", "build_scripts", "tests", "docs"):
        for path in (root / folder).rglob("*"):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not _ignored(name, rules):
                (to / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to / name)
    return to


def _rules(text: str) -> list[tuple[bool, str]]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(not line.startswith("!"), line.removeprefix("!")) for line in lines]


def _ignored(name: str, rules: list[tuple[bool, str]]) -> bool:
    ignored = False
    for ignores, pattern in rules:
        if _expression(pattern).fullmatch(name):
            ignored = ignores
    return ignored


@lru_cache
def _expression(pattern: str) -> re.Pattern[str]:
    """A pattern fits a path, and all below it."""
    parts = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    return re.compile(f"{parts}(?:/.*)?")

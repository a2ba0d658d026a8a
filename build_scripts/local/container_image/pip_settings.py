"""pip's configuration on this machine, for the pip inside a build: sources of packages and trusted certificates."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_INSIDE = "/etc/pip.conf"


@contextmanager
def mounts(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the mounts of a build by their path here: a configuration, and the files that it names.

    It lies in `folder` no longer than the build takes, and never in the image: addresses may have passwords.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    settings = read_settings(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    with TemporaryDirectory(dir=folder) as place:
        written = Path(place) / "pip.conf"
        written.write_text(render(settings))
        yield {str(written): _INSIDE} | {path: path for path in named_paths(settings)}


def read_settings(listed: str) -> dict[str, str]:
    """Return the settings by name of what `pip config list` prints; a variable goes before a file, as for pip."""
    pairs = [line.partition("=") for line in listed.splitlines() if "=" in line]
    # Of the environment first: later ones do not replace them.
    pairs.sort(key=lambda pair: not pair[0].startswith(":env:"))
    found: dict[str, str] = {}
    for name, _, value in pairs:
        found.setdefault(name.rpartition(".")[2], ast.literal_eval(value))
    return found


def render(settings: dict[str, str]) -> str:
    """Return a configuration file of pip; a value of several lines stays one value."""
    lines = (f"{name} = " + "\n    ".join(value.split("\n")) for name, value in settings.items())
    return "\n".join(("[global]", *lines, ""))


def named_paths(settings: dict[str, str]) -> list[str]:
    """Return files and folders of this machine that settings name; an index in a folder links to files beside it."""
    words = [word for value in settings.values() for word in value.split()]
    paths = {Path(word) for word in words if word.startswith("/")}
    indexes = {Path(word.removeprefix("file://")).parent for word in words if word.startswith("file:///")}
    return sorted(str(path) for path in paths | indexes if path.exists() and path != Path("/"))

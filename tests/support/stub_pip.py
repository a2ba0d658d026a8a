"""A pip that installs nothing: it is found before the real one, and does what the test wants."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import until

_MAIN = """
import json, os, sys, time
from pathlib import Path

here, target = Path(__file__).parents[1], Path(sys.argv[sys.argv.index("--target") + 1])
(target / "half").mkdir(parents=True)
with (here / "asked").open("a") as asked:
    asked.write(json.dumps({"arguments": sys.argv[1:], "pid": os.getpid(), "niceness": os.nice(0)}) + "\\n")
while (here / "held").exists():
    time.sleep(0.02)
if (here / "failure").exists():
    sys.exit((here / "failure").read_text())
if (here / "packages").exists():
    (target / "half").rmdir()
    target.rmdir()
    target.symlink_to((here / "packages").readlink())
"""


@dataclass(frozen=True)
class StubPip:
    """A pip that is controlled by files in its folder, which stands on the path of Python."""

    folder: Path

    def asked(self, times: int = 0) -> list[dict[str, Any]]:
        """Wait until it was started so often; returns arguments, pid and niceness of each time."""
        until(lambda: len(self._lines()) >= times)
        return [json.loads(line) for line in self._lines()]

    def hold(self) -> None:
        """Let it hang until it is released."""
        (self.folder / "held").touch()

    def release(self) -> None:
        (self.folder / "held").unlink()

    def fail(self, message: str | None) -> None:
        """Let it fail with a message, or no longer."""
        if message is None:
            (self.folder / "failure").unlink()
        else:
            (self.folder / "failure").write_text(message)

    def install(self, packages: Path) -> None:
        """Let what it installs be the packages of a folder."""
        (self.folder / "packages").symlink_to(packages)

    def _lines(self) -> list[str]:
        path = self.folder / "asked"
        whole = path.read_text().rpartition("\n")[0] if path.exists() else ""
        return whole.splitlines()


@pytest.fixture
def pip(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> StubPip:
    """Stand in for pip in every Python that is started."""
    folder = tmp_path_factory.mktemp("stub")
    (folder / "pip").mkdir()
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(_MAIN)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    return StubPip(folder)


def has_ended(pid: int) -> bool:
    """Return whether a process has ended, also where nobody has asked for its status."""
    try:
        os.kill(pid, 0)
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except ProcessLookupError:
        return True
    except FileNotFoundError:
        return Path("/proc").exists()

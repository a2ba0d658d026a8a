from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from build_scripts.benchmarks.variants.arms import torch_threads
from build_scripts.measuring import latency
from build_scripts.recipes import user_novelty

# The property of a test that says how the build of a network ended.
ENDED = "ended"


@contextmanager
def without_clocks_and_plots() -> Iterator[None]:
    """Builds time nothing, draw nothing and fit novelty on few windows: every variant is as fast as float32.

    PyTorch computes on one thread: two of them wait for each other where several tests run at once.
    """
    with torch_threads(1), pytest.MonkeyPatch.context() as patch:
        patch.setattr(latency, "_timed_ms", lambda call: 1.0)
        patch.setattr(Figure, "savefig", lambda figure, path, **options: Path(path).write_bytes(b""))
        patch.setattr(user_novelty, "NOVELTY_WINDOWS", 256)
        yield


@pytest.fixture(scope="module")
def quick_builds() -> Iterator[None]:
    """Every build of a module is quick."""
    with without_clocks_and_plots():
        yield


@pytest.fixture
def quick_build() -> Iterator[None]:
    """The builds of one test are quick."""
    with without_clocks_and_plots():
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many networks were tried, and how their builds ended."""
    reports = [one for outcome in ("passed", "failed") for one in terminalreporter.getreports(outcome)]
    ends = Counter(value for one in reports for name, value in one.user_properties if name == ENDED)
    if ends:
        counts = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
        terminalreporter.write_line(f"networks tried: {ends.total()} ({counts})")

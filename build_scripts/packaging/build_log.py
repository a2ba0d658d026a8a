"""The log of a build: a line for each step, on the terminal and in a file."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOG = "build.log"


@contextmanager
def build_log(work: Path) -> Iterator[Path]:
    """Write the lines of the logger `build` to standard error and to a new file in the work folder, given here."""
    work.mkdir(parents=True, exist_ok=True)
    path, log = work / LOG, logging.getLogger("build")
    handlers: list[logging.Handler] = [logging.StreamHandler(), logging.FileHandler(path, mode="w")]
    for handler in handlers:
        handler.setFormatter(_Elapsed())
        log.addHandler(handler)
    level, propagates = log.level, log.propagate
    log.setLevel(logging.INFO)
    # Libraries give the root logger a handler of their own.
    log.propagate = False
    try:
        yield path
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()
        log.setLevel(level)
        log.propagate = propagates


def keep_log(path: Path, package: Path) -> None:
    """Put a finished build's log beside the package it made."""
    shutil.copyfile(path, package / LOG)


class _Elapsed(logging.Formatter):
    """Seconds since the program began, then the line."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.relativeCreated / 1000:7.1f} s  {record.getMessage()}"

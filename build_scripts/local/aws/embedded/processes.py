"""Processes that end when the process that started them ends, and the pipes to them."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

# Standard input is a pipe of the process that started this one. When it ends, also by a kill, SIGTERM ends this one
# too, so that it saves its state as usual. The code is no file, for this process may have another root.
_START = """
import os, runpy, signal, sys, threading
def end_with_input():
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end_with_input, daemon=True).start()
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def ending_with_input(module: str, arguments: Sequence[str]) -> list[str]:
    """Return the arguments of Python that run a module until it is done, or its standard input ends."""
    return ["-c", _START, module, *arguments]


def start_python(
    arguments: Sequence[str], environment: Mapping[str, str], *, folder: Path | None = None, errors: int | None = None
) -> "subprocess.Popen[bytes]":
    """Start Python with pipes to its input and from its output, in a session of its own: Ctrl-C is for the starter.

    Args:
        arguments: of Python.
        environment: all variables of the process.
        folder: that it runs in; by default that of this process.
        errors: where its standard error goes, as subprocess takes it; by default where that of this process goes.
    """
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )


def send(process: "subprocess.Popen[bytes]", content: bytes) -> IO[bytes]:
    """Write to the input of a process and return its output, which the answer is read from.

    Raises:
        BrokenPipeError: the process has ended.
    """
    if process.stdin is None or process.stdout is None:
        raise TypeError("The process has no pipes: start it with start_python.")
    process.stdin.write(content)
    process.stdin.flush()
    return process.stdout


def wait_for_end(process: "subprocess.Popen[bytes]", timeout_s: float) -> int:
    """Close the input of a process, wait for its end, which is by force where it takes too long; return its status."""
    try:
        process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode

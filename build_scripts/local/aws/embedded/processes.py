"""Processes that end when the process that started them ends."""

import subprocess
from collections.abc import Sequence

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


def wait_for_end(process: "subprocess.Popen[bytes]", timeout_s: float) -> int:
    """Close the input of a process, wait for its end, which is by force where it takes too long; return its status."""
    try:
        process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode

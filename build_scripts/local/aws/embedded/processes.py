"""Processes that end with whoever started them."""

import subprocess
from collections.abc import Sequence

# Its input is a pipe of whoever started it: its end is the process's, so that it outlives nobody who is killed. By
# SIGTERM, so that what it holds is written as ever. It may see another root, so this is no file.
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

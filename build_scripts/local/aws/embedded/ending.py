"""The end of a process that was started here."""

import subprocess


def wait_for_end(process: "subprocess.Popen[bytes]", timeout_s: float) -> int:
    """Close the input of a process, wait for its end, which is by force where it takes too long; return its status."""
    try:
        process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode

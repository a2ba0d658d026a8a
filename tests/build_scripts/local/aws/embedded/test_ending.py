"""Processes end with their input; who does not is ended."""

import signal
import subprocess
import sys

from build_scripts.local.aws.embedded.ending import wait_for_end


def started(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


def test_the_end_of_its_input_ends_it() -> None:
    assert wait_for_end(started("import sys; sys.stdin.read(); sys.exit(3)"), 30) == 3


def test_one_that_goes_on_is_killed() -> None:
    assert wait_for_end(started("import time; time.sleep(60)"), 0.2) == -signal.SIGKILL


def test_one_that_has_ended_has_its_status() -> None:
    process = started("raise SystemExit(4)")
    process.wait(30)
    assert wait_for_end(process, 30) == 4

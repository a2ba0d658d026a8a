"""Processes end with their input; who does not is ended; who has pipes is sent to and read from."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from build_scripts.local.aws.embedded.processes import ending_with_input, send, start_python, wait_for_end
from tests.support.waiting import SECONDS


def started(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


def test_the_end_of_its_input_ends_it() -> None:
    assert wait_for_end(started("import sys; sys.stdin.read(); sys.exit(3)"), SECONDS) == 3


def test_one_that_goes_on_is_killed() -> None:
    assert wait_for_end(started("import time; time.sleep(60)"), 0.2) == -signal.SIGKILL


def test_one_that_has_ended_has_its_status() -> None:
    process = started("raise SystemExit(4)")
    process.wait(SECONDS)
    assert wait_for_end(process, SECONDS) == 4


def test_a_module_runs_until_its_input_ends(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text("import sys, time\nprint(sys.argv[1:], flush=True)\ntime.sleep(600)\n")
    command = [sys.executable, *ending_with_input("endless", ["--one", "2"])]
    process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"['--one', '2']\n"
    assert wait_for_end(process, SECONDS) == -signal.SIGTERM


def test_a_module_that_is_done_ends_before_its_input() -> None:
    command = [sys.executable, *ending_with_input("this", [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.wait(SECONDS) == 0


def test_what_is_sent_is_answered_from_a_session_of_its_own(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd(), os.environ['NAMED'], os.getsid(0) == os.getpid(), sys.stdin.readline())"
    process = start_python(["-c", code], {"NAMED": "here"}, folder=tmp_path)
    assert send(process, b"a line\n").readline() == f"{tmp_path} here True a line\n".encode()
    assert wait_for_end(process, SECONDS) == 0


def test_one_that_has_ended_takes_nothing() -> None:
    process = start_python(["-c", "import os; os.close(0)"], os.environ)
    process.wait(SECONDS)
    with pytest.raises(BrokenPipeError):
        send(process, b"late")
    assert wait_for_end(process, SECONDS) == 0


def test_one_without_pipes_is_refused() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", ""]) as process,
        pytest.raises(TypeError, match=r"has no pipes: start it with start_python\.$"),
    ):
        send(process, b"")

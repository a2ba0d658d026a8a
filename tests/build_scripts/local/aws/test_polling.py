"""A poll that fails ends nothing; closing waits for the one that runs."""

import threading

import pytest

from build_scripts.local.aws import polling
from build_scripts.local.aws.polling import Polling
from tests.conftest import ReadLog
from tests.support.waiting import SECONDS


class Failing(Polling):
    """Fails at first, then notes that it was called again."""

    def __init__(self) -> None:
        super().__init__("test")
        self.calls = 0
        self.again = threading.Event()

    def poll(self) -> None:
        self.calls += 1
        if self.calls == 1:
            raise ConnectionError("nobody answers")
        self.again.set()


def test_a_poll_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch, read_log: ReadLog) -> None:
    monkeypatch.setattr(polling, "_AFTER_FAILURE_S", 0.01)
    with Failing() as reader:
        assert reader.again.wait(SECONDS)
    calls = reader.calls
    assert calls >= 2
    assert [line["message"] for line in read_log()] == ["a poll failed and is tried again"]
    assert reader.calls == calls


class Slow(Polling):
    """Is at work until it is let go."""

    def __init__(self) -> None:
        super().__init__("test")
        self.begun, self.let_go, self.finished = threading.Event(), threading.Event(), False

    def poll(self) -> None:
        self.begun.set()
        assert self.let_go.wait(SECONDS)
        self.finished = True


def test_closing_waits_for_the_poll_that_runs() -> None:
    with Slow() as reader:
        assert reader.begun.wait(SECONDS)
        threading.Timer(0.1, reader.let_go.set).start()
    assert reader.finished


def test_who_was_stopped_begins_no_other_poll() -> None:
    with Slow() as reader:
        assert reader.begun.wait(SECONDS)
        reader.stop()
        reader.begun.clear()
        reader.let_go.set()
    assert reader.finished
    assert not reader.begun.is_set()

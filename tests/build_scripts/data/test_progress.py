import io
import re
import sys

import pytest

from build_scripts.data.progress import Progress, counted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_line_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Progress(range(3), "novelty", "batch")
    assert list(steps) == [0, 1, 2]
    captured = capsys.readouterr()
    assert re.fullmatch(r"novelty: 3 batches, \d+\.\d s\n", captured.err)
    assert captured.out == ""


def test_the_line_has_the_latest_note(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Progress(range(1), "train", "epoch")
    for number in steps:
        steps.note(f"loss 0.{number}")
    assert re.fullmatch(r"train: 1 epoch, \d+\.\d s, loss 0\.0\n", capsys.readouterr().err)


def test_a_step_that_breaks_off_leaves_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        list(Progress((1 // number for number in (1, 0)), "novelty", "batch", total=2))
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_that_goes_when_the_step_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    steps = Progress(iter("abcd"), "search", "variant", total=4)
    assert list(steps) == ["a", "b", "c", "d"]
    shown = terminal.getvalue()
    assert "search:   0%" in shown
    assert "0/4" in shown
    assert "\n" not in shown
    assert shown.split("\r")[-2].strip() == ""


def test_the_bar_goes_on_where_an_earlier_run_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(Progress(range(3, 4), "train", "epoch", total=4, done=3)) == [3]
    assert " 75%" in terminal.getvalue()
    assert "3/4" in terminal.getvalue()


def test_a_closed_standard_error_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert list(Progress(range(2), "run", "record")) == [0, 1]


@pytest.mark.parametrize(
    ("count", "unit", "text"),
    [(1, "batch", "1 batch"), (2, "batch", "2 batches"), (0, "record", "0 records"), (2, "box", "2 boxes")],
)
def test_a_unit_is_in_the_plural_unless_there_is_one(count: int, unit: str, text: str) -> None:
    assert counted(count, unit) == text

import pytest

from build_scripts.palier_cli.readers.choosing import choose, find
from build_scripts.palier_cli.readers.variables import LARGEST_BYTES, Variable
from functions.core.errors import MalformedBodyError, RecordingTooLargeError, SignalShapeError

RATIO = 8256


def variable(name: str, *shape: int, size_bytes: int = 2400) -> Variable:
    return Variable(name=name, shape=shape, size_bytes=size_bytes)


LONG, OTHER, RATE = variable("x", 1, 300), variable("y", 200, 2), variable("fs", 1, 1)
SQUARE, EMPTY, NUMBER = variable("square", 300, 300), variable("empty", 0, 300), variable("number", 1, 1)
TIME = variable("t", 300)
ALL = [LONG, OTHER, RATE, SQUARE, EMPTY, NUMBER, TIME, variable("short", 1, 255), variable("z", 300, 2)]


def test_only_signals_and_fields_of_a_meaning_are_chosen() -> None:
    assert [one.name for one in choose(ALL, None, 10_000, RATIO)] == ["fs", "x", "t", "z"]


def test_beside_a_signal_that_is_asked_for_what_may_be_its_time_is_chosen() -> None:
    assert [one.name for one in choose(ALL, LONG, 10_000, RATIO)] == ["fs", "x", "t"]
    assert [one.name for one in choose(ALL, SQUARE, 10_000, RATIO)] == ["fs", "square", "x", "t"]
    rated = Variable(name="rated", shape=(300,), size_bytes=2400, rate_hz=50)
    assert [one.name for one in choose([*ALL, rated], rated, 10_000, RATIO)] == ["fs", "rated"]


def test_beside_a_large_signal_only_what_is_named_as_time_is_chosen() -> None:
    large = [variable(name, 300, size_bytes=200 << 20) for name in ("a", "b", "time_s")]
    assert [one.name for one in choose(large, large[0], 1 << 30, RATIO)] == ["a", "time_s"]


def test_what_is_not_chosen_may_be_as_large_as_it_claims() -> None:
    huge = variable("huge", 1, 1 << 50, size_bytes=1 << 53)
    assert choose([LONG, huge], LONG, 10_000, RATIO) == [LONG]
    with pytest.raises(MalformedBodyError, match="more than its 10000 bytes can hold"):
        choose([LONG, huge], None, 10_000, RATIO)
    with pytest.raises(RecordingTooLargeError, match=r"name one with --variable"):
        choose([LONG, huge], None, 1 << 50, RATIO)
    assert choose([variable("x", LARGEST_BYTES, size_bytes=LARGEST_BYTES)], None, LARGEST_BYTES, RATIO)


def test_a_signal_is_found_by_its_path_or_a_part_of_it_that_no_other_has() -> None:
    paths = ("bearing.gs", "bearing.load", "Y.vibration_1.Data", "Y.force.Data", "gs")
    signals = [variable(path, 300) for path in paths]
    found = {name: find(signals, name).name for name in ("gs", "bearing.gs", "/bearing/gs", "load", "vibration_1")}
    assert found == {
        "gs": "gs",
        "bearing.gs": "bearing.gs",
        "/bearing/gs": "bearing.gs",
        "load": "bearing.load",
        "vibration_1": "Y.vibration_1.Data",
    }
    with pytest.raises(SignalShapeError, match=r"^There are several signals 'Data': there are Y\.vibration_1\.Data "):
        find(signals, "Data")


def test_a_name_that_is_no_signal_s_is_answered_with_a_few_that_are() -> None:
    many = [variable(f"x{number}" + "y" * 100, 1, 300) for number in range(1000)]
    with pytest.raises(SignalShapeError) as refusal:
        find(many, "z" * 200)
    assert "there are x0yyy" in refusal.value.message
    assert refusal.value.message.endswith("(300 samples) and 992 more.")
    assert len(refusal.value.message) < 1000
    with pytest.raises(SignalShapeError, match=r"no signal 'z'; there is none\.$"):
        find([], "z")


def test_a_file_without_a_signal_is_refused_and_large_matrices_are_named() -> None:
    with pytest.raises(SignalShapeError, match=r"^The file has no vector of 256 samples or more\.$"):
        choose([RATE, EMPTY], None, 10_000, RATIO)
    with pytest.raises(SignalShapeError, match=r"by their name alone: there are square \(300 x 300 samples\)\.$"):
        choose([SQUARE], None, 10_000, RATIO)

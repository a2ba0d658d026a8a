import numpy as np
import pytest

from build_scripts.palier_cli.readers.choosing import LARGEST_BYTES, Variable, choose, join
from functions.core.errors import MalformedBodyError, RecordingTooLargeError, SignalShapeError

LONG, OTHER, RATE = Variable("x", (1, 300), 2400), Variable("y", (300, 2), 4800), Variable("fs", (1, 1), 8)
SQUARE, EMPTY = Variable("square", (300, 300), 720_000), Variable("empty", (0, 300), 0)
ALL = [LONG, OTHER, RATE, SQUARE, EMPTY]


def test_only_signals_and_the_rate_are_chosen() -> None:
    assert choose(ALL, None, 10_000) == [LONG, OTHER, RATE]
    assert choose(ALL, "y", 10_000) == [OTHER, RATE]
    assert choose(ALL, "square", 10_000) == [RATE]


def test_what_is_not_chosen_may_be_as_large_as_it_claims() -> None:
    huge = Variable("huge", (1, 1 << 50), 1 << 53)
    assert choose([LONG, huge], "x", 10_000) == [LONG]
    with pytest.raises(MalformedBodyError, match="more than its 10000 bytes can hold"):
        choose([LONG, huge], None, 10_000)
    with pytest.raises(RecordingTooLargeError, match=r"name one with --variable"):
        choose([LONG, huge], None, 1 << 50)
    assert choose([Variable("x", (1, LARGEST_BYTES), LARGEST_BYTES)], None, LARGEST_BYTES)


def test_a_name_that_is_no_signal_s_is_answered_with_a_few_that_are() -> None:
    many = [Variable(f"x{number}" + "y" * 100, (1, 300), 2400) for number in range(1000)]
    with pytest.raises(SignalShapeError) as refusal:
        join({}, "z" * 200, many)
    assert "there are x0yyy" in refusal.value.message
    assert refusal.value.message.endswith("(300 samples) and 992 more.")
    assert len(refusal.value.message) < 1000
    with pytest.raises(SignalShapeError, match=r"no signal 'z'; there is none\.$"):
        join({}, "z", [])


def test_signals_are_joined_in_their_order() -> None:
    x, y = np.arange(300.0)[np.newaxis], np.ones((300, 2))
    recording = join({"x": x, "y": y, "fs": np.array([[50]])}, None, ALL)
    assert recording.samples.shape == (3, 300)
    assert (recording.channel_names, recording.sample_rate_hz) == (("x", "y", "y"), 50)

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from build_scripts.palier_cli.readers.joining import join
from build_scripts.palier_cli.readers.variables import Value, Variable
from functions.core.errors import SampleRateContradictsError, SignalShapeError

X, Y = np.arange(300.0) ** 2, np.ones((300, 2))
TIME = np.arange(300) / 500


def listed(values: Mapping[str, Value], **more: Any) -> list[Variable]:
    return [
        Variable(name=name, shape=(), is_text=True)
        if isinstance(value, str)
        else Variable(name=name, shape=value.shape, size_bytes=value.nbytes, **more.get(name, {}))
        for name, value in values.items()
    ]


def test_signals_are_joined_in_their_order() -> None:
    values = {"x": X[np.newaxis], "y": Y, "fs": np.array([[50]])}
    reading = join(values, None, listed(values))
    np.testing.assert_array_equal(reading.samples, [X, *Y.T])
    assert reading.samples.dtype == np.float32
    assert (reading.channel_names, reading.sample_rate_hz) == (("x", "y", "y"), 50)


def test_the_fields_nearest_to_a_signal_are_its_own() -> None:
    values: dict[str, Value] = {
        "a.x": X,
        "a.fs": np.array(50.0),
        "a.rpm": np.array(1500.0),
        "a.units": "g",
        "b.x": X[:256],
        "b.fs": np.array(20.0),
        "b.rpm": np.array(900.0),
        "b.units": "mm/s",
    }
    variables = listed(values)
    reading = join(values, variables[0], variables)
    assert (reading.sample_rate_hz, reading.shaft_speed_rpm, reading.unit) == (50, 1500, "g")
    reading = join(values, variables[4], variables)
    assert (reading.sample_rate_hz, reading.shaft_speed_rpm, reading.unit) == (20, 900, "mm/s")


@pytest.mark.parametrize("name", ["t", "Time", "other", "X.HostService.Data"])
def test_a_vector_of_times_gives_the_rate_and_is_no_channel(name: str) -> None:
    values = {name: TIME, "x": X}
    reading = join(values, None, listed(values))
    np.testing.assert_array_equal(reading.samples, [X])
    assert (reading.sample_rate_hz, reading.channel_names) == (500, ("x",))


@pytest.mark.parametrize(("name", "factor"), [("t_ms", 1e3), ("time_us", 1e6), ("Time_s", 1)])
def test_the_unit_of_a_time_ends_its_name(name: str, factor: float) -> None:
    values = {name: TIME * factor, "x": X}
    assert join(values, None, listed(values)).sample_rate_hz == 500


def test_a_vector_that_counts_samples_is_no_channel_and_gives_no_rate() -> None:
    values = {"n": np.arange(300), "x": X}
    reading = join(values, None, listed(values))
    np.testing.assert_array_equal(reading.samples, [X])
    assert reading.sample_rate_hz is None


def test_times_alone_are_no_signal() -> None:
    values = {"t": TIME}
    with pytest.raises(SignalShapeError, match="vectors of time alone"):
        join(values, None, listed(values))


def test_what_the_format_states_of_a_signal_comes_first() -> None:
    values = {"x": X, "fs": np.array(20.0)}
    reading = join(values, None, listed(values, x={"rate_hz": 50.0, "unit": "m/s2"}))
    assert (reading.sample_rate_hz, reading.unit) == (50, "m/s2")


def test_two_rates_at_one_place_are_refused() -> None:
    values = {"x": X, "fs": np.array(20.0), "sr": np.array(25.0)}
    with pytest.raises(SampleRateContradictsError, match=r"^The file states several sample rates, 20 Hz, 25 Hz: "):
        join(values, None, listed(values))


def test_a_rate_that_is_given_goes_before_two_at_one_place() -> None:
    values = {"x": X, "fs": np.array(20.0), "sr": np.array(25.0)}
    assert join(values, None, listed(values), is_rate_given=True).sample_rate_hz is None


def test_units_may_differ_from_channel_to_channel() -> None:
    values = {"x": X, "y": X + 1}
    reading = join(values, None, listed(values, x={"unit": "g"}, y={"unit": "mm/s"}))
    assert (reading.unit, list(reading.channel_units)) == (None, ["g", "mm/s"])


def test_signals_of_different_rates_are_not_joined() -> None:
    values = {"x": X, "y": X + 1}
    with pytest.raises(SignalShapeError, match=r"Choose one of several signals by its name with --variable: there are"):
        join(values, None, listed(values, x={"rate_hz": 50.0}, y={"rate_hz": 20.0}))

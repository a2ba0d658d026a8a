"""The speed of a shaft from the lines in its recording."""

import numpy as np
import pytest

from functions.core.bearings.speed import refined_speed_rpm
from functions.core.errors import ShaftSpeedContradictsError
from functions.core.preprocessing.arrays import Float32Array
from tests.support.bearings import RATE_HZ, noise, shaft

TRUE_RPM = 1774.0
RUNNING = (shaft(5, TRUE_RPM) + noise(5))[None]


@pytest.mark.parametrize("stated_rpm", [1774, 1732, 1800, 1850])
def test_a_speed_that_is_slightly_off_becomes_that_of_the_shaft_s_lines(stated_rpm: float) -> None:
    assert refined_speed_rpm(RUNNING, RATE_HZ, stated_rpm) == pytest.approx(TRUE_RPM, rel=5e-4)


@pytest.mark.parametrize("stated_rpm", [1620, 1900])
def test_a_speed_that_cannot_be_true_is_refused(stated_rpm: float) -> None:
    with pytest.raises(
        ShaftSpeedContradictsError, match=rf"stated as {stated_rpm} rpm, .* shaft at 1774 rpm"
    ) as raised:
        refined_speed_rpm(RUNNING, RATE_HZ, stated_rpm)
    assert (raised.value.code, raised.value.field) == ("shaft_speed_contradicts", "shaft_speed_rpm")


@pytest.mark.parametrize(
    ("samples", "stated_rpm"),
    [
        (noise(5)[None], 1800),
        # Another shaft's, perhaps.
        (RUNNING, 3000),
        # Too few turns to be sure.
        (RUNNING[:, : 2 * RATE_HZ], 1800),
        # One tone is no shaft.
        ((shaft(5, TRUE_RPM, lines=1) + noise(5))[None], 1800),
        # Its lines lie above what the rate shows.
        (noise(5)[None], 60_000),
    ],
    ids=["noise", "far", "short", "tone", "fast"],
)
def test_where_no_shaft_s_lines_stand_near_the_stated_speed_holds(samples: Float32Array, stated_rpm: float) -> None:
    assert refined_speed_rpm(samples, RATE_HZ, stated_rpm) == stated_rpm


def test_channels_are_read_together() -> None:
    channels = np.concatenate([RUNNING, noise(5, seed=7)[None]])
    assert refined_speed_rpm(channels, RATE_HZ, 1790) == pytest.approx(TRUE_RPM, rel=5e-4)

import numpy as np
import pytest

from build_scripts.data.simulation.rolling import (
    ELEMENT,
    INNER,
    LEFT_OUT,
    NORMAL,
    OUTER,
    TRAINED,
    Kinds,
    simulated_window,
)


@pytest.mark.parametrize("kinds", [TRAINED, LEFT_OUT])
@pytest.mark.parametrize("label", [NORMAL, OUTER, INNER, ELEMENT])
def test_a_window_is_two_seconds_of_a_bearing_that_can_be(label: int, kinds: Kinds) -> None:
    window = simulated_window(np.random.default_rng(label), label, kinds)
    rpm, bpfo, bpfi, bsf, ftf = window.conditions.tolist()
    assert window.label == label
    assert window.samples.dtype == np.float32
    assert window.samples.shape[1] / 2 in kinds.rates_hz
    assert np.isfinite(window.samples).all()
    assert kinds.shaft_hz[0] * 60 <= rpm <= kinds.shaft_hz[1] * 60
    assert kinds.elements[0] <= round(bpfo + bpfi) <= kinds.elements[1]
    assert bpfo + bpfi == pytest.approx(round(bpfo + bpfi), abs=1e-4)
    assert ftf == pytest.approx(bpfo / round(bpfo + bpfi), rel=1e-5)
    assert bsf > 0


def test_a_seed_gives_one_window() -> None:
    first, second = (simulated_window(np.random.default_rng((3, 1)), OUTER) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)
    assert np.array_equal(first.conditions, second.conditions)


def test_no_rate_of_the_machines_left_out_is_one_of_training() -> None:
    assert not set(TRAINED.rates_hz) & set(LEFT_OUT.rates_hz)

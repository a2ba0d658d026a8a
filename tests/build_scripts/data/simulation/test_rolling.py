import numpy as np
import pytest

from build_scripts.data.simulation.rolling import ELEMENT, INNER, NORMAL, OUTER, RATES_HZ, simulated_window


@pytest.mark.parametrize("label", [NORMAL, OUTER, INNER, ELEMENT])
def test_a_window_is_two_seconds_of_a_bearing_that_can_be(label: int) -> None:
    window = simulated_window(np.random.default_rng(label), label)
    rpm, bpfo, bpfi, bsf, ftf = window.conditions.tolist()
    assert window.label == label
    assert window.samples.dtype == np.float32
    assert window.samples.shape[1] / 2 in RATES_HZ
    assert np.isfinite(window.samples).all()
    assert 8 * 60 <= rpm <= 75 * 60
    assert bpfo + bpfi == pytest.approx(round(bpfo + bpfi), abs=1e-4)
    assert ftf == pytest.approx(bpfo / round(bpfo + bpfi), rel=1e-5)
    assert bsf > 0


def test_a_seed_gives_one_window() -> None:
    first, second = (simulated_window(np.random.default_rng((3, 1)), OUTER) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)
    assert np.array_equal(first.conditions, second.conditions)

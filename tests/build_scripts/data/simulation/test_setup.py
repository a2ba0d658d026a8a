import numpy as np
import pytest
from numpy.typing import NDArray

from build_scripts.data.simulation.classes import SAMPLE_RATE_HZ
from build_scripts.data.simulation.setup import Chain, Setup, SetupRange, high_passed

TIME_S = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ


def sine(frequency_hz: float) -> NDArray[np.float64]:
    return np.sin(2 * np.pi * frequency_hz * TIME_S)


def measured(chain: Chain, signal: NDArray[np.float64]) -> NDArray[np.float64]:
    return chain.measured(np.random.default_rng(0), signal)


def test_a_chain_without_arguments_changes_nothing() -> None:
    signal = np.random.default_rng(1).standard_normal(1000)
    assert np.array_equal(measured(Chain(), signal), signal)


def test_gain_and_offset_come_last() -> None:
    assert np.allclose(measured(Chain(gain=0.5, offset_g=0.2), sine(60)), 0.5 * sine(60) + 0.2)
    assert measured(Chain(10.0, gain=2.0, offset_g=0.2), sine(500)).mean() == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_high_pass_halves_the_power_at_its_corner_and_falls_by_its_order(order: int) -> None:
    assert high_passed(sine(10), 10.0, order)[SAMPLE_RATE_HZ:].std() == pytest.approx(0.5, rel=0.01)
    assert high_passed(sine(1000), 10.0, order).std() == pytest.approx(np.sqrt(0.5), rel=0.01)
    assert high_passed(sine(2), 10.0, order)[SAMPLE_RATE_HZ:].std() == pytest.approx(
        np.sqrt(0.5) / np.sqrt(1 + 5 ** (2 * order)), rel=0.03
    )


def test_a_high_pass_has_long_been_running_when_a_record_begins() -> None:
    signal = 5.0 + 0.01 * sine(500)
    assert np.abs(high_passed(signal, 1.0, 2)).max() <= 0.011


def test_a_resonance_lifts_its_own_frequency_alone() -> None:
    chain = Chain(resonance_hz=6000.0)
    assert measured(chain, sine(6000))[SAMPLE_RATE_HZ:].std() == pytest.approx(10 * np.sqrt(0.5), rel=0.01)
    assert measured(chain, sine(60)).std() == pytest.approx(np.sqrt(0.5), rel=0.01)


def test_a_slow_recorder_keeps_what_is_below_half_its_rate() -> None:
    chain = Chain(recorded_hz=2560)
    assert measured(chain, sine(300)).shape == TIME_S.shape
    assert measured(chain, sine(300)).std() == pytest.approx(np.sqrt(0.5), rel=0.01)
    assert measured(chain, sine(3000)).std() < 0.01


def test_hum_and_noise_have_their_level() -> None:
    silence = np.zeros(TIME_S.size)
    assert np.allclose(measured(Chain(hum_g=0.1), silence), 0.1 * sine(50))
    assert measured(Chain(noise_g=0.1), silence).std() == pytest.approx(0.1, rel=0.02)


def test_setups_of_a_range_cover_it_and_no_more() -> None:
    setups = SetupRange((50.0, 66.0), gain=(0.5, 2.0), high_passed=0.5, high_pass_hz=(1.0, 10.0))
    rng = np.random.default_rng(0)
    drawn = [setups.draw(rng) for _ in range(2000)]
    speeds, gains = np.array([(one.rated_speed_hz, one.chain.gain) for one in drawn]).T
    assert (speeds.min(), speeds.max()) == pytest.approx((50, 66), abs=0.2)
    assert (gains.min(), gains.max()) == pytest.approx((0.5, 2), abs=0.02)
    assert np.median(gains) == pytest.approx(1, abs=0.05)
    corners = [one.chain.high_pass_hz for one in drawn if one.chain.high_pass_hz is not None]
    assert len(corners) / 2000 == pytest.approx(0.5, abs=0.05)
    assert (min(corners), max(corners)) == pytest.approx((1, 10), abs=0.1)
    assert {one.chain.high_pass_order for one in drawn} == {1, 2, 4}


def test_one_setup_is_drawn_as_it_is() -> None:
    setup = Setup(25.0)
    assert setup.draw(np.random.default_rng(0)) is setup

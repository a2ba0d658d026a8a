import numpy as np
import pytest

from build_scripts.data.simulation.record import simulate_record
from build_scripts.data.simulation.setup import Chain, Setup, SetupRange


def test_the_same_seed_gives_the_same_record() -> None:
    first, again, other = (simulate_record(np.random.SeedSequence(seed), 7, 2) for seed in (1, 1, 2))
    assert np.array_equal(first.counts, again.counts)
    assert first.shaft_hz == again.shaft_hz
    assert not np.array_equal(first.counts, other.counts)


def test_a_record_is_five_seconds_of_counts() -> None:
    record = simulate_record(np.random.SeedSequence(1), 3, 1)
    assert record.counts.shape == (102400,)
    assert record.counts.dtype == np.int16
    assert (record.label, record.severity) == (3, 1)
    assert 54 <= record.shaft_hz <= 66


def test_a_healthy_record_is_the_noise_floor() -> None:
    deviations = [simulate_record(np.random.SeedSequence(seed), 0, 3).counts.std() * 0.001 for seed in range(5)]
    assert np.mean(deviations) == pytest.approx(0.04, rel=0.05)


@pytest.mark.parametrize("label", range(11))
def test_a_severe_record_stays_within_four_g(label: int) -> None:
    counts = simulate_record(np.random.SeedSequence((9, label)), label, 3).counts
    assert 0.1 < np.abs(counts).max() * 0.001 < 4.0


@pytest.mark.parametrize(("label", "severity"), [(11, 0), (0, 4)])
def test_unknown_classes_and_levels_are_refused(label: int, severity: int) -> None:
    with pytest.raises(IndexError):
        simulate_record(np.random.SeedSequence(0), label, severity)


def test_the_chain_leaves_the_machine_as_it_is() -> None:
    plain, halved = (
        simulate_record(np.random.SeedSequence(3), 2, 3, Setup(chain=Chain(gain=gain))) for gain in (1.0, 0.5)
    )
    assert halved.shaft_hz == plain.shaft_hz
    assert np.abs(halved.counts - plain.counts / 2).max() <= 0.75


def test_the_shaft_turns_about_the_rated_speed() -> None:
    plain, slow = (simulate_record(np.random.SeedSequence(3), 2, 3, Setup(rated_hz)) for rated_hz in (60.0, 25.0))
    assert slow.shaft_hz == pytest.approx(plain.shaft_hz * 25 / 60)


def test_records_of_a_range_differ_and_repeat() -> None:
    setups = SetupRange((20.0, 100.0))
    first, again, other = (simulate_record(np.random.SeedSequence(seed), 0, 0, setups) for seed in (1, 1, 2))
    assert np.array_equal(first.counts, again.counts)
    assert first.shaft_hz == again.shaft_hz != other.shaft_hz

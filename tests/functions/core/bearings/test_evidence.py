"""Evidence of fault lines: in simulated faults, in noise, and where it cannot be read."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from functions.core.bearings.catalogue import find_bearing
from functions.core.bearings.evidence import bearing_evidence
from functions.core.bearings.lines import OUTER_RACE, Evidence, EvidenceLine
from functions.core.bearings.orders import FaultOrders
from functions.core.errors import FaultFrequencyError, TooFewTurnsError
from functions.core.preprocessing.arrays import Float32Array
from tests.support.bearings import RATE_HZ, impacts, noise, shaft

ORDERS = FaultOrders(bpfo=3.5848, bpfi=5.4152, bsf=2.35675, ftf=0.39828)
SPEED_RPM = 1800.0
STRIKES = {"outer_race": 3.5848, "inner_race": 5.4152, "rolling_element": 2 * 2.35675}


def read(samples: Float32Array, speed_rpm: float = SPEED_RPM, orders: FaultOrders = ORDERS) -> Evidence:
    return bearing_evidence(samples[None], RATE_HZ, speed_rpm, orders)


@pytest.mark.parametrize("fault", STRIKES)
@pytest.mark.parametrize("duration_s", [2, 6])
def test_a_fault_is_seen_at_its_own_order(fault: str, duration_s: float) -> None:
    found = read(impacts(duration_s, STRIKES[fault] * SPEED_RPM / 60) + noise(duration_s))
    assert found.supported == [fault]
    assert found.shaft_speed_used_rpm == SPEED_RPM


def test_the_lines_of_a_fault_stand_above_the_floor_and_are_named() -> None:
    found = read(impacts(6, 3.5848 * 30) + noise(6))
    bpfo, bpfi, bsf, ftf = found.lines
    assert [line.name for line in found.lines] == ["BPFO", "BPFI", "BSF", "FTF"]
    assert [line.order for line in found.lines] == [3.5848, 5.4152, 2.35675, 0.39828]
    assert [one.n for one in bpfo.harmonics] == [1, 2, 3, 4, 5, 6]
    assert [one.n for one in bsf.harmonics] == [2, 4, 6, 8, 10, 12]
    assert all(one.level_db > 10 for one in bpfo.harmonics[:3])
    assert all(one.level_db < 8 for line in (bpfi, ftf) for one in line.harmonics)
    assert bpfo.frequency_hz == pytest.approx(107.5, rel=2e-3)
    assert (bpfi.supports, bsf.supports, ftf.supports) == (None, None, None)


def test_slip_is_found_and_moves_the_frequency() -> None:
    (line, *_) = read(impacts(6, 0.995 * 3.5848 * 30) + noise(6)).lines
    assert line.supports == "outer_race"
    assert line.frequency_hz == pytest.approx(0.995 * 107.544, rel=1e-3)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("duration_s", [0.4, 2, 6])
def test_noise_and_a_healthy_shaft_support_nothing(seed: int, duration_s: float) -> None:
    assert read(noise(duration_s, seed)).supported == []
    assert read(noise(duration_s, seed) + shaft(duration_s, SPEED_RPM)).supported == []


@pytest.mark.parametrize("seed", [8, 11, 14, 17])
def test_what_leaks_from_the_lines_of_four_blades_is_no_element_of_a_6203(seed: int) -> None:
    """Twice its BSF is 3.987: a bin from the blades' line where that is high, and lower lines beside it."""
    speed_rpm, time_s = 1500 + 3.7 * seed, np.arange(6 * RATE_HZ) / RATE_HZ
    pulse = sum(0.4 / n * np.cos(2 * np.pi * 4 * n * speed_rpm / 60 * time_s) for n in range(1, 5))
    blades = np.asarray(noise(6, seed) * (1 + pulse), np.float32)
    assert read(blades, speed_rpm, find_bearing("6203").orders()).supported == []


def test_impacts_once_a_turn_are_no_fault_of_the_bearing() -> None:
    # Of an order a bin or two from three times the shaft's.
    near_three = FaultOrders(bpfo=3.01, bpfi=4.99, bsf=1.99, ftf=0.376)
    assert read(impacts(6, 30) + noise(6), orders=near_three).supported == []


@pytest.mark.parametrize("off", [-0.0012, -0.0006, 0.0006, 0.0012])
def test_a_loose_machine_has_no_fault_where_its_speed_is_a_little_off_and_an_order_is_near_a_whole_number(
    off: float,
) -> None:
    near_four = FaultOrders(bpfo=3.053, bpfi=4.9469, bsf=1.9937, ftf=0.3817)
    for turns, seed in ((1, 1), (2, 2), (3, 3)):
        loose = impacts(2, turns * 30 * (1 + off), seed) + noise(2, seed)
        assert read(loose, orders=near_four).supported == []


@pytest.mark.parametrize("off", [-0.009, -0.005, 0.003, 0.009])
def test_the_speed_of_a_loose_machine_is_that_of_its_strikes_where_it_has_no_tones(off: float) -> None:
    near_five = FaultOrders(bpfo=3.0719, bpfi=4.9281, bsf=2.039, ftf=0.384)
    found = read(impacts(6, 30 * (1 + off), seed=2) + 0.7 * noise(6), orders=near_five)
    assert found.shaft_speed_used_rpm == pytest.approx(1800 * (1 + off), rel=1e-3)
    assert found.supported == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("teeth", "line"), [(8, "bpfo"), (15, "bpfi"), (11, "bpfo")])
def test_a_line_that_is_a_tooth_of_a_belt_s_comb_is_no_fault(teeth: int, line: str, seed: int) -> None:
    """The comb of 11 teeth is that of twice the outer race's order: every second line is none of its."""
    first = 2 if teeth == 11 else 1
    belt_hz = first * getattr(ORDERS, line) / teeth * SPEED_RPM / 60
    found = read(impacts(6.0, belt_hz, seed, slip=0.002) + 0.5 * noise(6.0, seed))
    assert found.supported == []
    assert found.slower_order == pytest.approx(belt_hz / SPEED_RPM * 60, rel=0.01)
    # Beside it, the fault itself is seen as ever.
    beside = impacts(6.0, ORDERS.bpfi * SPEED_RPM / 60) + 0.3 * impacts(6.0, 0.31 * SPEED_RPM / 60, seed, slip=0.002)
    assert read(beside + 0.5 * noise(6.0, seed)).supported[0] == "inner_race"


@pytest.mark.parametrize("seed", [1, 3])
def test_an_element_that_strikes_an_inner_race_harder_than_the_others_hides_no_fault(seed: int) -> None:
    """One of nine: its comb is that of the race's turns past the cage, and one of its teeth is near BPFO."""
    inner_hz = STRIKES["inner_race"] * SPEED_RPM / 60
    harder = 1.4 * impacts(6.0, inner_hz / 9, seed + 5, slip=0.001)
    found = read(impacts(6.0, inner_hz, seed, slip=0.005) + harder + 0.5 * noise(6.0, seed))
    assert found.supported == ["inner_race"]


def test_a_part_that_strikes_is_named_where_no_line_of_the_bearing_is_visible() -> None:
    lines = [EvidenceLine(OUTER_RACE, 3.6, 108.0, [], None)]
    assert Evidence(1800.0, lines, 0.45).note == (
        "No line of this bearing is visible beside those of a part, such as a belt, that strikes 0.45 times a turn of"
        " the shaft (13.5 Hz): it may be well, or have a fault that leaves none; a wrong speed, rate or bearing hides"
        " all lines as well."
    )
    assert Evidence(1800.0, [replace(lines[0], supports="outer_race")], 0.45).note is None


def test_a_fault_whose_order_is_near_a_whole_number_is_seen_on_a_loose_machine() -> None:
    near_three = FaultOrders(bpfo=3.053, bpfi=4.9469, bsf=1.9937, ftf=0.3817)
    loose = impacts(6, 30.02, seed=2) + impacts(6, 3.053 * 30) + noise(6)
    assert read(loose, orders=near_three).supported == ["outer_race"]


def test_two_faults_are_both_seen() -> None:
    found = read(impacts(6, 3.5848 * 30) + impacts(6, 5.4152 * 30, seed=2) + noise(6))
    assert set(found.supported) == {"outer_race", "inner_race"}


def test_the_speed_that_the_shaft_s_lines_show_is_used() -> None:
    found = read(impacts(6, 3.5848 * 1774 / 60) + shaft(6, 1774) + noise(6), speed_rpm=1732)
    assert found.shaft_speed_used_rpm == pytest.approx(1774, rel=5e-4)
    assert found.supported == ["outer_race"]


def test_gain_and_offset_change_nothing() -> None:
    samples = impacts(6, 3.5848 * 30) + noise(6)
    loud, quiet = read(500 * samples + 20), read(samples)
    assert loud.supported == quiet.supported
    assert loud.lines[0].harmonics[0].level_db == pytest.approx(quiet.lines[0].harmonics[0].level_db, abs=0.2)


def test_channels_are_read_together() -> None:
    channels = np.stack([noise(6, seed=5), impacts(6, 3.5848 * 30) + noise(6)])
    assert bearing_evidence(channels, RATE_HZ, SPEED_RPM, ORDERS).supported == ["outer_race"]


def test_a_recording_too_short_names_how_long_it_must_be() -> None:
    with pytest.raises(
        TooFewTurnsError, match=r"has 0\.2 s, 6 turns .* takes 10 turns, 0\.333 s at 1800 rpm"
    ) as raised:
        read(noise(0.2))
    assert raised.value.field == "signal"


def test_lines_above_the_band_are_refused() -> None:
    with pytest.raises(FaultFrequencyError, match=r"BPFI lies at 9025 Hz, .* shows lines below 6000 Hz") as raised:
        read(noise(2), speed_rpm=100_000)
    assert raised.value.field == "shaft_speed_rpm"


def test_harmonics_above_the_band_are_left_out() -> None:
    (bpfo, bpfi, *_) = read(noise(2), speed_rpm=30_000).lines
    assert [one.n for one in bpfo.harmonics] == [1, 2, 3]
    assert [one.n for one in bpfi.harmonics] == [1, 2]


def faulty(samples: int, rate_hz: float) -> Float32Array:
    """A faulty outer race at SPEED_RPM, whose resonance is at a quarter of the sample rate, float32 [N]."""
    duration_s = samples / RATE_HZ
    return (impacts(duration_s, 3.5848 * SPEED_RPM / 60 * RATE_HZ / rate_hz) + noise(duration_s))[:samples]


@pytest.mark.parametrize("times", [4, 8, 38])
def test_a_rate_far_above_the_band_changes_nothing(times: int) -> None:
    slow = faulty(51_200, 25_600)
    fast = signal.resample(slow, times * len(slow)).astype(np.float32)
    # Above the band: decimation keeps it from folding back.
    ultrasound = np.cos(2 * np.pi * 40_100 / 25_600 / times * np.arange(len(fast))).astype(np.float32)
    expected = bearing_evidence(slow[None], 25_600, SPEED_RPM, ORDERS)
    found = bearing_evidence((fast + ultrasound)[None], 25_600 * times, SPEED_RPM, ORDERS)
    assert found.supported == expected.supported == ["outer_race"]
    levels, expected_levels = ([one.level_db for one in lines.lines[0].harmonics] for lines in (found, expected))
    np.testing.assert_allclose(levels, expected_levels, atol=0.11)


def test_two_seconds_are_one_window_at_a_rate_whose_length_has_no_quick_transform() -> None:
    # A fault that stands out by as much as one window's noise can, and two windows' cannot.
    weak = 0.12 * impacts(7.35, 3.5848 * 30 * RATE_HZ / 44_100, seed=2) + noise(7.35)
    assert bearing_evidence(weak[None, :88_200], 44_100, SPEED_RPM, ORDERS).supported == []


@pytest.mark.parametrize("samples", [np.zeros(24_000, np.float32), np.eye(1, 24_000, 500, np.float32)[0]])
def test_what_has_no_spectrum_has_no_evidence(samples: Float32Array) -> None:
    assert read(samples).supported == []

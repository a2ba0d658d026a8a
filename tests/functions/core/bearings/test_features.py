import numpy as np
import pytest

from functions.core.bearings.evidence import bearing_evidence
from functions.core.bearings.features import BPFO, FAULTS, LAYERS, LENGTH, PER_BAND, SCORE, fault_line_features
from functions.core.bearings.orders import FaultOrders
from functions.core.bearings.spectra import whitened_spectra
from functions.core.preprocessing.arrays import Float32Array, WholeSpectrum

CONDITIONS = np.array([[1797, 3.5848, 5.4152, 2.35675, 0.39828]], np.float32)
FULL_BAND = 0
# Index of the figure of a slower part's comb.
SLOWER_PART = 20


def impacts(order: float, rate_hz: int = 12_000, noise: float = 0.3) -> Float32Array:
    """Two seconds of noise that comes with every pass of a fault and dies away: no two impacts are the same."""
    rng = np.random.default_rng(0)
    time = np.arange(2 * rate_hz) / rate_hz
    since = time % (1 / (order * 1797 / 60))
    ringing = np.exp(-800 * since) * rng.standard_normal(len(time))
    samples = ringing + noise * rng.standard_normal(len(time))
    return samples.astype(np.float32)[None, None]


def scores(windows: Float32Array) -> Float32Array:
    return fault_line_features(windows, CONDITIONS).reshape(FAULTS, LAYERS, PER_BAND)[:, FULL_BAND, SCORE]


@pytest.mark.parametrize(("fault", "order"), [(0, 3.5848), (1, 5.4152), (2, 4.7135)])
def test_the_lines_of_a_fault_stand_in_its_own_row(fault: int, order: float) -> None:
    found = scores(impacts(order))
    assert int(found.argmax()) == fault
    assert found[fault] > 2
    assert np.delete(found, fault).max() < 1.6


@pytest.mark.parametrize("rate_hz", [12_000, 20_480, 25_600])
def test_the_rate_does_not_count(rate_hz: int) -> None:
    assert scores(impacts(3.5848, rate_hz))[0] > 2


def test_level_and_offset_do_not_count() -> None:
    window = impacts(3.5848)
    first = fault_line_features(window, CONDITIONS)
    assert np.abs(fault_line_features(1000 * window + 5, CONDITIONS) - first).max() < 0.01


def test_lines_of_the_shaft_are_no_faults() -> None:
    # 4 impacts a turn, next to twice the spin of this bearing's elements.
    near = np.array([[1797, 3.0530, 4.9469, 1.9937, 0.3817]], np.float32)
    found = fault_line_features(impacts(4.0), near).reshape(FAULTS, LAYERS, PER_BAND)[:, FULL_BAND]
    assert found[:, SCORE].max() < 1.2


def test_the_teeth_of_a_slower_part_s_comb_stand_apart_from_a_fault() -> None:
    """A belt strikes eleven times while two elements pass: the line of the outer race is none of its, the second is."""
    belt = impacts(2 * CONDITIONS[0, BPFO] / 11)
    found = np.stack([fault_line_features(one, CONDITIONS)[0] for one in (belt, impacts(CONDITIONS[0, BPFO]))])
    outer = found.reshape(2, FAULTS, LAYERS, PER_BAND)[:, 0, FULL_BAND, SLOWER_PART]
    # Ten teeth as high as counts.
    assert outer[0] == pytest.approx(10**0.5 / 4, abs=0.02)
    assert outer[1] < 0.4


def test_a_fault_whose_lines_lie_above_the_band_has_none() -> None:
    fast = CONDITIONS * np.array([[30, 1, 1, 1, 1]], np.float32)
    found = fault_line_features(impacts(3.5848), fast)
    assert found.shape == (1, FAULTS, LENGTH)
    assert np.isfinite(found).all()


def test_each_window_is_read_by_itself() -> None:
    both = np.concatenate([impacts(3.5848), impacts(5.4152)])
    rows = np.repeat(CONDITIONS, 2, axis=0)
    found = fault_line_features(both, rows)
    assert np.array_equal(found[1:], fault_line_features(both[1:], rows[1:]))


def test_the_spectrum_of_a_whole_recording_is_made_once_for_evidence_and_features() -> None:
    window, row, whole = impacts(3.5848), CONDITIONS[0].tolist(), WholeSpectrum()
    evidence = bearing_evidence(window[0], 12_000, row[0], FaultOrders(*row[1:]), whole)
    assert evidence == bearing_evidence(window[0], 12_000, row[0], FaultOrders(*row[1:]))
    np.testing.assert_array_equal(whole.made, whitened_spectra(window[0, 0]))
    features = fault_line_features(window, CONDITIONS, whole)
    np.testing.assert_array_equal(features, fault_line_features(window, CONDITIONS))
    # A window of a longer recording is none of the whole.
    of_longer = WholeSpectrum()
    bearing_evidence(np.tile(window[0], 2), 12_000, row[0], FaultOrders(*row[1:]), of_longer)
    assert of_longer.made is None

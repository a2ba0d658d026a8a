import numpy as np
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.evidence.proof.noise import NoisyRecords
from tests.build_scripts.conftest import WINDOW


@pytest.mark.parametrize("snr_db", [20.0, 5.0, 0.0])
def test_the_noise_has_the_power_that_is_asked_for(records: RecordSet, snr_db: float) -> None:
    noisy, plain = NoisyRecords(records, snr_db).windows(3, WINDOW), records.windows(3, WINDOW)
    assert 10 * np.log10(plain.var() / (noisy - plain).var()) == pytest.approx(snr_db, abs=0.1)


def test_the_noise_is_the_same_every_time_and_another_for_each_record(records: RecordSet) -> None:
    noisy = NoisyRecords(records, 10.0)
    assert np.array_equal(noisy.windows(1, WINDOW), noisy.windows(1, WINDOW))
    added = [noisy.windows(index, WINDOW) - records.windows(index, WINDOW) for index in (1, 2)]
    assert abs(np.corrcoef(added[0].ravel(), added[1].ravel())[0, 1]) < 0.02


def test_everything_else_is_the_records_own(records: RecordSet) -> None:
    noisy = NoisyRecords(records, 10.0)
    for name in ("label", "severity"):
        assert np.array_equal(getattr(noisy, name), getattr(records, name))
    for name in ("sample_rate_hz", "class_names", "severity_names", "channels", "shortest"):
        assert getattr(noisy, name) == getattr(records, name)
    assert len(noisy) == len(records)
    chosen = np.array([0, 5])
    assert noisy.random_windows(chosen, WINDOW, np.random.default_rng(0)).shape == (2, 1, WINDOW)

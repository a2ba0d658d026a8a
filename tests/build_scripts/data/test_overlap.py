import numpy as np
import pytest

from build_scripts.data.overlap import fingerprints, overlaps
from build_scripts.data.signals import SignalSet
from functions.core.preprocessing.arrays import Float32Array

WINDOW = 256


def records(signals: Float32Array) -> SignalSet:
    zeros = np.zeros(len(signals), np.int64)
    return SignalSet(signals[:, None], zeros, 1000.0, ("a",), zeros, ("all",))


def noise(seed: int, count: int = 8, length: int = 1024) -> Float32Array:
    return np.random.default_rng(seed).standard_normal((count, length)).astype(np.float32)


def found(first: Float32Array, second: Float32Array) -> list[str]:
    return [str(one) for one in overlaps({"training": records(first), "unseen": records(second)}, WINDOW)]


def test_sets_of_their_own_share_nothing() -> None:
    assert found(noise(1), noise(2)) == []


def test_records_in_both_sets_are_named() -> None:
    second = noise(2)
    second[[1, 4, 5, 7]] = noise(1)[[0, 2, 3, 6]]
    assert found(noise(1), second) == ["4 of 8 records of unseen (indices 1, 4, 5, ...) are in training too"]


@pytest.mark.parametrize("shift", [1, 31, 100, 400])
def test_a_shifted_cut_of_the_same_recording_is_found(shift: int) -> None:
    whole = noise(3, 4, 1424)
    second = noise(2, 4)
    second[2] = whole[1, shift : shift + 1024]
    assert found(whole[:, :1024], second) == ["1 of 4 records of unseen (indices 2) are in training too"]


def test_a_short_cut_of_a_long_recording_is_found_either_way() -> None:
    whole = noise(4, 2, 4096)
    cuts = noise(5, 3, 512)
    cuts[0] = whole[1, 777 : 777 + 512]
    assert found(cuts, whole) == ["1 of 3 records of training (indices 0) are in unseen too"]
    assert found(whole, cuts) == ["1 of 3 records of unseen (indices 0) are in training too"]


def test_windows_that_slide_over_one_recording_and_are_split_at_random_are_found() -> None:
    whole = noise(6, 1, 16384)[0]
    windows = np.stack([whole[start : start + 512] for start in range(0, 16384 - 512, 256)])
    order = np.random.default_rng(0).permutation(len(windows))
    (line,) = found(windows[order[:40]], windows[order[40:]])
    assert int(line.split(" of ")[0]) >= 15


def test_a_small_overlap_is_none() -> None:
    first, second = noise(7, 4), noise(8, 4)
    second[0, :200] = first[0, -200:]
    assert found(first, second) == []


def test_silence_and_steps_are_alike_everywhere_and_count_for_nothing() -> None:
    assert found(np.zeros((4, 1024), np.float32), np.zeros((4, 1024), np.float32)) == []
    first, second = noise(1), noise(2)
    first[:, :600] = second[:, :600] = 0.5
    assert found(first, second) == []


def test_negative_zeros_are_zeros() -> None:
    plain = noise(9, 1, 256)[:, None]
    plain[..., ::7] = 0
    assert np.array_equal(fingerprints(plain), fingerprints(np.where(plain == 0, np.float32(-0.0), plain)))


def test_a_window_shorter_than_a_stretch_is_known_as_a_whole() -> None:
    windows = noise(1, 3, 20)[:, None]
    assert all(len(fingerprints(window[None])) >= 1 for window in windows)

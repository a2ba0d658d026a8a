import numpy as np

from build_scripts.data.records import RecordSet
from build_scripts.training.training_windows import epoch_generator, plain_batches, random_batches
from tests.build_scripts.conftest import WINDOW


def test_an_epoch_sees_every_record_once_up_to_the_last_full_batch(records: RecordSet) -> None:
    batches = list(random_batches(records, WINDOW, 20, epoch_generator(0, 0)))
    assert [(tuple(windows.shape), len(label)) for windows, label in batches] == [((20, 1, WINDOW), 20)] * 2
    seen = np.bincount(np.concatenate([label.numpy() for _, label in batches]), minlength=11)
    assert seen.sum() == 40
    assert seen.max() <= 4


def test_epochs_differ_and_repeat_by_their_number(records: RecordSet) -> None:
    first, again, second = (
        next(random_batches(records, WINDOW, 4, epoch_generator(0, epoch)))[0] for epoch in (0, 0, 1)
    )
    assert first.equal(again)
    assert not first.equal(second)


def test_windows_are_pieces_of_their_records(records: RecordSet) -> None:
    windows = records.random_windows(np.array([3, 8]), 50, np.random.default_rng(0))
    assert windows.shape == (2, 1, 50)
    assert windows.dtype == np.float32
    for window, index in zip(windows, (3, 8), strict=True):
        counts = np.rint(window[0] / 0.001).astype(np.int16)
        pieces = np.lib.stride_tricks.sliding_window_view(records.counts[index], 50)
        assert (pieces == counts).all(axis=1).any()


def test_gains_stay_within_a_tenth_of_either_sign(records: RecordSet) -> None:
    rng = np.random.default_rng(0)
    plain = np.abs(records.counts).max() * 0.001
    batches = [windows for windows, _ in random_batches(records, WINDOW, 22, rng)]
    assert max(float(windows.abs().max()) for windows in batches) <= plain * 1.1
    assert {bool(windows.mean() > 0) for batch in batches for windows in batch} == {True, False}


def test_plain_batches_are_the_windows_as_they_are(records: RecordSet) -> None:
    batches = list(plain_batches(records, WINDOW, 20, epoch_generator(0, 0)))
    assert [(tuple(windows.shape), len(label)) for windows, label in batches] == [((20, 1, WINDOW), 20)] * 2
    counts = np.rint(batches[0][0][0, 0].numpy() / records.scale_g).astype(np.int16)
    starts = np.argwhere(records.counts[:, : 1 - WINDOW] == counts[0])
    assert any(np.array_equal(records.counts[record, start : start + WINDOW], counts) for record, start in starts)

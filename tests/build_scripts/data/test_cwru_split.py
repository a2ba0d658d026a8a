from pathlib import Path

import numpy as np
import pytest

from build_scripts.data.cwru import CLASSES, FILES, NORMAL
from build_scripts.data.cwru_split import RecordingPart, is_test, of_load, pieces, segments, without_load
from build_scripts.data.recordings import Recordings
from build_scripts.errors import DataError

WINDOW = 8
PUBLISHED = [number for number in FILES if number not in (98, 100)]


@pytest.fixture
def recordings() -> Recordings:
    """Every recording of the published set; sample values name their recording: file number + index / 1000."""
    label, load_hp = np.array([FILES[number] for number in PUBLISHED]).T
    signals = tuple(
        (number + np.arange(100 if number == 97 else 200) / 1000).astype(np.float32) for number in PUBLISHED
    )
    names = tuple(identifier for identifier, _ in CLASSES)
    return Recordings(signals, label, load_hp, np.array(PUBLISHED), 12000.0, names)


@pytest.fixture
def folder(recordings: Recordings, tmp_path: Path) -> Path:
    names = [f"r{number}" for number in recordings.file_id]
    signals = {f"sig_{name}": signal for name, signal in zip(names, recordings.signals, strict=True)}
    np.savez(
        tmp_path / "all.npz",
        names=np.array(names),
        label=recordings.label,
        load_hp=recordings.load_hp,
        file_id=recordings.file_id,
        classes=np.array(recordings.class_names),
        fs=np.int64(12000),
        **signals,  # type: ignore[arg-type]
    )
    return tmp_path


def samples(part: Recordings) -> set[float]:
    return set(np.concatenate(part.signals).tolist())


def test_the_test_is_load_three_and_normal_at_load_two(recordings: Recordings) -> None:
    test = recordings.subset(is_test(recordings))
    assert sorted(test.label.tolist()) == list(range(10))
    assert set(test.file_id[test.label != NORMAL] - 3) <= set(recordings.file_id[recordings.load_hp == 0])
    assert test.file_id[test.label == NORMAL].tolist() == [99]


def test_no_sample_is_in_both_parts(folder: Path) -> None:
    training, unseen = (RecordingPart("training", WINDOW).load(folder), RecordingPart("unseen", WINDOW).load(folder))
    assert samples(training).isdisjoint(samples(unseen))
    assert (len(unseen), set(training.load_hp.tolist())) == (10, {0, 1, 2})


def test_every_class_has_as_many_segments(folder: Path) -> None:
    training = RecordingPart("training", WINDOW).load(folder)
    assert np.bincount(training.label).tolist() == [256] * 10
    assert {len(signal) for signal in training.signals} == {2 * WINDOW}
    assert training.noise > 0
    assert training.colour > 0


@pytest.mark.parametrize("load_hp", [0, 1, 2])
def test_a_held_out_load_and_the_rest_share_no_sample(recordings: Recordings, load_hp: int) -> None:
    known = recordings.subset(~is_test(recordings))
    rest, held_out = without_load(known, load_hp), of_load(known, load_hp)
    assert samples(rest).isdisjoint(samples(held_out))
    assert samples(rest) | samples(held_out) == samples(known)
    assert load_hp not in rest.load_hp[rest.label != NORMAL]


def test_pieces_follow_one_another(recordings: Recordings) -> None:
    cut = pieces(recordings.subset(recordings.file_id == 105), 64)
    assert [len(signal) for signal in cut.signals] == [64, 64, 64]
    assert np.array_equal(np.concatenate(cut.signals), recordings.signals[PUBLISHED.index(105)][:192])


def test_segments_span_the_whole_recording(recordings: Recordings) -> None:
    spread = segments(recordings.subset(recordings.file_id == 105), WINDOW)
    assert np.array_equal(spread.signals[0], recordings.signals[PUBLISHED.index(105)][: 2 * WINDOW])
    assert np.array_equal(spread.signals[-1], recordings.signals[PUBLISHED.index(105)][-2 * WINDOW :])


def test_a_folder_without_the_part_is_refused(recordings: Recordings) -> None:
    with pytest.raises(DataError, match="No recording is left"):
        without_load(recordings.subset((recordings.load_hp == 1) & (recordings.label != NORMAL)), 1)

"""Recordings are fetched ahead, in bounded memory."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import RecordingMissingError
from functions.core.jobs.messages import PlannedRecording
from functions.worker.fetching import AHEAD_BYTES, BLOCK_BYTES, Fetcher

LIMIT_BYTES = 10_000_000


class Store:
    """A store whose bytes are cheap: an object is its key, repeated."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self._lock = threading.Lock()

    def get(self, key: str, limit_bytes: int) -> bytes:
        assert limit_bytes == LIMIT_BYTES
        with self._lock:
            self.calls.append((key, 0))
        if key == "missing":
            raise RecordingMissingError("There is no 'missing'.")
        return key.encode()

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        with self._lock:
            self.calls.append((key, length))
        return bytes((offset + index) % 251 for index in range(length)) if length < 10_000 else bytes(length)


def fetcher(store: Store) -> Fetcher:
    return Fetcher(store, LIMIT_BYTES)  # type: ignore[arg-type]


def files(*lengths: int | None) -> list[PlannedRecording]:
    return [PlannedRecording(index, "a", str(index), "text/csv", length=one) for index, one in enumerate(lengths)]


def neighbours(*lengths: int) -> list[PlannedRecording]:
    starts = [sum(lengths[:index]) for index in range(len(lengths))]
    return [
        PlannedRecording(index, "a", "inline", "text/csv", start, length)
        for index, (start, length) in enumerate(zip(starts, lengths, strict=True))
    ]


@pytest.mark.parametrize(
    ("lengths", "at_once"),
    [
        ([1_000] * 30, 9),
        ([AHEAD_BYTES // 4] * 30, 4),
        ([AHEAD_BYTES] * 30, 2),
        ([None] * 30, 3),
    ],
)
def test_no_more_is_held_than_may_be(lengths: list[int | None], at_once: int) -> None:
    store, done = Store(), 0
    for recording, content in fetcher(store).fetched(files(*lengths)):
        assert content() == recording.key.encode()
        # Calls that were begun: what is done, the one in hand, and those ahead of it.
        assert len(store.calls) <= done + at_once
        done += 1
    assert done == len(store.calls) == 30


def test_recordings_that_share_an_object_come_together() -> None:
    store = Store()
    found = [content() for _, content in fetcher(store).fetched(neighbours(*[100] * 50))]
    assert store.calls == [("inline", 5_000)]
    assert found[3] == bytes((300 + index) % 251 for index in range(100))


def test_a_block_is_bounded() -> None:
    store = Store()
    sizes = [len(content()) for _, content in fetcher(store).fetched(neighbours(*[BLOCK_BYTES // 2] * 5))]
    assert sizes == [BLOCK_BYTES // 2] * 5
    assert sorted(length for _, length in store.calls) == [BLOCK_BYTES // 2, BLOCK_BYTES, BLOCK_BYTES]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=20))
def test_every_recording_gets_its_own_bytes(lengths: list[int]) -> None:
    planned = neighbours(*lengths)
    for recording, content in fetcher(Store()).fetched(planned):
        start = recording.offset or 0
        assert content() == bytes((start + index) % 251 for index in range(recording.length or 0))


def test_a_missing_file_fails_when_it_is_asked_for() -> None:
    planned = [*files(1), PlannedRecording(1, "b", "missing", "text/csv"), PlannedRecording(2, "c", "2", "text/csv")]
    (_, first), (_, second), (_, third) = fetcher(Store()).fetched(planned)
    assert (first(), third()) == (b"0", b"2")
    with pytest.raises(RecordingMissingError):
        second()

"""Cutting of a plan into parts: by count, by bytes, and never into more than a job's item can name."""

import pytest

from functions.core.jobs.messages import PlannedRecording
from functions.core.jobs.plan import cut_parts


def sizes(count: int, most: int, length: int | None = 1_000) -> list[int]:
    """How many recordings each part has; every recording is in one, in order."""
    recordings = [PlannedRecording(index, "a", "k", "audio/wav", length=length) for index in range(count)]
    parts = list(cut_parts(recordings, most))
    assert [one.index for part in parts for one in part] == list(range(count))
    return [len(part) for part in parts]


@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [
        (1, 100, [1]),
        (100, 100, [100]),
        (101, 100, [100, 1]),
        (5, 2, [2, 2, 1]),
        # No message holds more, whatever is set.
        (250, 1_000, [100, 100, 50]),
        # Nor has a job more than 200 parts.
        (10_000, 2, [50] * 200),
    ],
)
def test_parts_have_as_many_as_they_may(count: int, most: int, expected: list[int]) -> None:
    assert sizes(count, most) == expected


def test_large_recordings_share_a_part_as_far_as_it_holds_them() -> None:
    assert sizes(7, 100, length=30_000_000) == [3, 3, 1]
    assert sizes(3, 100, length=200_000_000) == [1, 1, 1]


def test_a_large_job_of_large_recordings_has_two_hundred_parts() -> None:
    assert sizes(10_000, 100, length=64_000_000) == [50] * 200


def test_unknown_lengths_count_as_nothing() -> None:
    assert sizes(3, 100, length=None) == [3]

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from functions.core.keys.key_changes import KeyNotFoundError, add_key, expire_key, expire_old_keys, find_key, remove_key
from functions.core.keys.keys import ApiKey, KeyRing, create_key

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAX_AGE, GRACE = timedelta(days=90), timedelta(days=7)
END = datetime(2026, 12, 1, tzinfo=UTC)


def key(age: timedelta = timedelta(0), expires_at: datetime | None = None) -> ApiKey:
    return replace(create_key("press 4", expires_at=expires_at)[1], created_at=NOW - age)


FIRST, SECOND = key(), key()
RING = KeyRing(keys=[FIRST, SECOND])


def test_a_key_is_added_once() -> None:
    assert add_key(KeyRing(keys=[FIRST]), SECOND) == RING
    assert add_key(RING, SECOND) == RING


def test_a_key_is_removed_by_its_id() -> None:
    assert remove_key(RING, FIRST.id) == KeyRing(keys=[SECOND])
    assert find_key(RING, FIRST.id) == FIRST


@pytest.mark.parametrize("key_id", ["000000000000", "", FIRST.sha256], ids=len)
def test_a_key_that_is_not_there_is_named(key_id: str) -> None:
    for act in (remove_key, find_key, lambda ring, one: expire_key(ring, one, NOW)):
        with pytest.raises(KeyNotFoundError, match=f"^There is no API key '{key_id}'"):
            act(RING, key_id)


@pytest.mark.parametrize(("ends", "days"), [(None, 7), (NOW + timedelta(days=30), 7), (NOW + timedelta(days=3), 3)])
def test_a_key_ends_at_the_earlier_of_two_times(ends: datetime | None, days: int) -> None:
    ending = key(expires_at=ends)
    ring = expire_key(KeyRing(keys=[ending, SECOND]), ending.id, NOW + GRACE)
    assert [one.expires_at for one in ring.keys] == [NOW + timedelta(days=days), None]


@pytest.mark.parametrize("ago", [0, 1])
def test_keys_go_on_the_second_they_expire(ago: int) -> None:
    over, left = key(expires_at=NOW - timedelta(seconds=ago)), key(expires_at=NOW + timedelta(seconds=1))
    assert expire_old_keys(KeyRing(keys=[over, left]), NOW, MAX_AGE, GRACE) == KeyRing(keys=[left])


def test_keys_older_than_the_maximum_age_end_after_the_grace_period() -> None:
    old, young = key(MAX_AGE + timedelta(seconds=1)), key(MAX_AGE)
    ring = expire_old_keys(KeyRing(keys=[old, young]), NOW, MAX_AGE, GRACE)
    assert ring.keys == [replace(old, expires_at=END), young]


def test_the_grace_period_ends_at_midnight() -> None:
    ring = KeyRing(keys=[key(2 * MAX_AGE)])
    for now in (NOW.replace(hour=0), NOW, NOW.replace(hour=23, minute=59)):
        assert expire_old_keys(ring, now, MAX_AGE, GRACE).keys[0].expires_at == END


def test_the_grace_period_is_given_once() -> None:
    ring = expire_old_keys(KeyRing(keys=[key(2 * MAX_AGE)]), NOW, MAX_AGE, GRACE)
    assert expire_old_keys(ring, NOW + GRACE / 2, MAX_AGE, GRACE) == ring
    assert expire_old_keys(ring, END, MAX_AGE, GRACE) == KeyRing()

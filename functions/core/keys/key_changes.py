"""Changes of a key ring: each takes a ring and returns a new one, and is idempotent."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from functions.core.errors import PalierError
from functions.core.keys.keys import ApiKey, KeyRing


class KeyNotFoundError(PalierError):
    """No key of this id in the ring."""

    status = 404
    code = "key_not_found"


def add_key(ring: KeyRing, key: ApiKey) -> KeyRing:
    """Add a key."""
    return KeyRing(keys=[*(known for known in ring.keys if known.id != key.id), key])


def remove_key(ring: KeyRing, key_id: str) -> KeyRing:
    """Remove a key; raises KeyNotFoundError when there is none of this id."""
    find_key(ring, key_id)
    return KeyRing(keys=[key for key in ring.keys if key.id != key_id])


def expire_key(ring: KeyRing, key_id: str, when: datetime) -> KeyRing:
    """Let a key end at a time, or at its own end if that is earlier; raises KeyNotFoundError as `find_key`."""
    find_key(ring, key_id)
    return _replace(ring, lambda key: _ending(key, when) if key.id == key_id else key)


def expire_old_keys(ring: KeyRing, now: datetime, max_age: timedelta, grace: timedelta) -> KeyRing:
    """Drop expired keys, and let keys older than the maximum age end after a grace period.

    The grace period ends at midnight UTC: the same change on the same day gives the same ring.
    """
    end = (now + grace + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    valid = KeyRing(keys=[key for key in ring.keys if not key.is_expired(now)])
    return _replace(valid, lambda key: _ending(key, end) if now - key.created_at > max_age else key)


def find_key(ring: KeyRing, key_id: str) -> ApiKey:
    """Return a ring's key by its id; raises KeyNotFoundError when there is none."""
    for key in ring.keys:
        if key.id == key_id:
            return key
    raise KeyNotFoundError(f"There is no API key {key_id!r}.")


def _ending(key: ApiKey, when: datetime) -> ApiKey:
    earliest = when if key.expires_at is None else min(key.expires_at, when)
    return replace(key, expires_at=earliest)


def _replace(ring: KeyRing, change: Callable[[ApiKey], ApiKey]) -> KeyRing:
    return KeyRing(keys=[change(key) for key in ring.keys])

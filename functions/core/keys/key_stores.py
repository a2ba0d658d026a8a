"""Stores of the key ring: a file, or a secret in AWS Secrets Manager, each behind a cache."""

import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from functions.core.aws.caching import TimedCache
from functions.core.errors import DependencyUnavailableError
from functions.core.keys.keys import KeyRing, KeyRingError, read_key_ring
from functions.core.settings import Settings

# Age up to which a ring decides that a key is unknown.
_AGE_FOR_UNKNOWN_KEYS_S = 5.0

# How long the ring that was read last is served while the store does not answer, and how long the store is then left
# alone: every request would wait for it. A store that refuses is obeyed at once.
LAST_KNOWN_S = 3600.0
_PAUSE_S = 10.0
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})

_UNREADABLE = "The API key store cannot be read."
_INVALID = "The API key store holds no valid key ring."


class KeyStoreSilentError(DependencyUnavailableError):
    """A key store that does not answer, or fails itself, but has not refused access."""


class KeyStore(Protocol):
    """A store of the current key ring."""

    def read(self) -> KeyRing:
        """Return the key ring.

        Raises:
            DependencyUnavailableError: it cannot be read.
        """
        ...


class FileKeyStore:
    """A key ring in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> KeyRing:
        """Return the file's key ring; raises DependencyUnavailableError when it cannot be read."""
        try:
            return read_key_ring(self._path.read_bytes())
        except OSError as error:
            raise DependencyUnavailableError(_UNREADABLE) from error
        except KeyRingError as error:
            raise DependencyUnavailableError(_INVALID) from error


class SecretKeyStore:
    """A key ring in a secret; an empty secret is an empty ring."""

    def __init__(self, secret_id: str) -> None:
        self._secret_id = secret_id

    def read(self) -> KeyRing:
        """Return the secret's key ring; raises DependencyUnavailableError when it cannot be read."""
        # Late: boto3 comes with the Lambda runtime and costs more start-up time than everything else.
        from botocore.exceptions import BotoCoreError, ClientError

        from functions.core.aws.clients import secrets_client
        from functions.core.keys.key_ring_secret import KeyRingInvalidError, read_ring

        try:
            return read_ring(secrets_client(), self._secret_id).ring
        except ClientError as error:
            kind = KeyStoreSilentError if _is_failure(error) else DependencyUnavailableError
            raise kind(_UNREADABLE) from error
        except BotoCoreError as error:
            raise KeyStoreSilentError(_UNREADABLE) from error
        except KeyRingInvalidError as error:
            raise DependencyUnavailableError(_INVALID) from error


def _is_failure(error: Exception) -> bool:
    """Whether an answer of AWS is its own failure, and not a refusal."""
    # Late: only a secret is asked for.
    from functions.core.aws.clients import error_code

    status = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or error_code(error) in _THROTTLED


class CachedKeyStore:
    """A cache of another store's ring, kept longer while that store does not answer."""

    def __init__(self, store: KeyStore, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._cache = TimedCache(self._ask, seconds, clock)
        self._last: tuple[float, KeyRing] | None = None
        self._silent_since: float | None = None

    @property
    def is_silent(self) -> bool:
        """Whether the store did not answer when it was asked last."""
        return self._silent_since is not None

    def read(self) -> KeyRing:
        """Return the key ring, at most so many seconds old, or the last known one; raises as the store behind it."""
        try:
            return self._cache.get()
        except KeyStoreSilentError:
            if self._last is None or self._clock() - self._last[0] > LAST_KNOWN_S:
                raise
            return self._last[1]

    def _ask(self) -> KeyRing:
        waited = self._silent_since is None or self._clock() - self._silent_since >= _PAUSE_S
        if self._last is not None and not waited:
            raise KeyStoreSilentError(_UNREADABLE)
        try:
            ring = self._store.read()
        except KeyStoreSilentError:
            self._silent_since = self._clock()
            raise
        self._last, self._silent_since = (self._clock(), ring), None
        return ring

    def newest(self) -> KeyRing:
        """Return the key ring, at most a few seconds old; raises as the store behind it.

        For a key that the trusted ring does not know: it may be new. The few seconds keep callers with wrong keys from
        reading the store with every request.
        """
        return self._cache.get(_AGE_FOR_UNKNOWN_KEYS_S)

    def expire(self) -> None:
        """Forget the ring, so that the next call reads it again."""
        self._cache.expire()
        self._last = self._silent_since = None


class UnconfiguredKeyStore:
    """The store where keys are required and no store is configured: every request is refused."""

    def read(self) -> KeyRing:
        """Raise DependencyUnavailableError."""
        raise DependencyUnavailableError("API keys are required, but no key store is configured.")


def newest_ring(store: KeyStore) -> KeyRing:
    """Return a store's ring as it is now, or was a few seconds ago; raises as the store."""
    return store.newest() if isinstance(store, CachedKeyStore) else store.read()


def key_store(settings: Settings) -> KeyStore | None:
    """Return the key store the settings name, cached, or None where keys are not required."""
    if not settings.api_keys_required:
        return None
    if settings.api_keys_secret:
        return CachedKeyStore(SecretKeyStore(settings.api_keys_secret), settings.api_keys_cache_s)
    if settings.api_keys_file:
        return CachedKeyStore(FileKeyStore(settings.api_keys_file), settings.api_keys_cache_s)
    return UnconfiguredKeyStore()

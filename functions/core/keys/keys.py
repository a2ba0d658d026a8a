"""API keys and the ring that holds them: creation, storage as hashes, checks in constant time."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from functions.core.errors import ApiKeyInvalidError, ApiKeyMissingError, ScopeMissingError

Scope = Literal["read", "predict"]
SCOPES: tuple[Scope, ...] = ("read", "predict")

_PREFIX = "palier"

AwareDatetime = Annotated[datetime, Meta(tz=True)]


class KeyRingError(ValueError):
    """A document that is no key ring; the message does not repeat its content."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key as it is stored: everything but the key itself."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}(?![\s\S])")]
    name: str
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?![\s\S])")]
    scopes: list[Scope]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether the key's time is over."""
        return self.expires_at is not None and now >= self.expires_at


class KeyRing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All keys of a stage; the document in the key store."""

    keys: list[ApiKey] = []

    def authenticate(self, presented: str | None, now: datetime | None = None) -> ApiKey:
        """Return the stored key that a presented one matches.

        Raises:
            ApiKeyMissingError: nothing was presented.
            ApiKeyInvalidError: it is unknown or expired; the message is the same for both.
        """
        if not presented:
            raise ApiKeyMissingError("This endpoint needs an API key in the header X-API-Key.")
        presented_id = presented.split("_")[1] if presented.count("_") >= 2 else ""
        known = next((key for key in self.keys if key.id == presented_id), None)
        # An unknown id costs the same comparison as a known one.
        matches = hmac.compare_digest(_sha256(presented), known.sha256 if known else _sha256(""))
        if known is None or not matches or known.is_expired(now or datetime.now(UTC)):
            raise ApiKeyInvalidError("The API key is not valid.")
        return known


def require_scope(key: ApiKey, scope: Scope) -> None:
    """Check that a key may do something.

    Raises:
        ScopeMissingError: it may not.
    """
    if scope not in key.scopes:
        raise ScopeMissingError(f"The API key {key.id} lacks the scope {scope!r}.")


def create_key(name: str, scopes: tuple[Scope, ...] = SCOPES, expires_at: datetime | None = None) -> tuple[str, ApiKey]:
    """Make a key of 256 random bits.

    Returns:
        The key, to be shown once, and what to store of it. A plain SHA-256 suffices: there is nothing to
        guess in 256 random bits.
    """
    # Late: a function checks keys, it makes none.
    import secrets

    key_id = secrets.token_hex(6)
    key = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
    stored = ApiKey(
        id=key_id,
        name=name,
        sha256=_sha256(key),
        scopes=list(scopes),
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    return key, stored


def read_key_ring(document: str | bytes) -> KeyRing:
    """Read a key store's document.

    Raises:
        KeyRingError: it is no JSON or no key ring; the message names the place and repeats no content.
    """
    try:
        return msgspec.json.decode(document, type=KeyRing)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        place = str(error).partition(" - at `")[2].rstrip("`") or "$"
        raise KeyRingError(f"The document is no key ring: at {place}.") from None


def write_key_ring(ring: KeyRing) -> bytes:
    """Return a key ring as the JSON document of a key store."""
    return msgspec.json.encode(ring)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

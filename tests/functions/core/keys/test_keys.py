import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from functions.core.errors import ApiKeyInvalidError, ApiKeyMissingError, ScopeMissingError
from functions.core.keys.keys import (
    SCOPES,
    KeyRing,
    KeyRingError,
    create_key,
    read_key_ring,
    require_scope,
    write_key_ring,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY, STORED = create_key("press 4")
OTHER, OTHER_STORED = create_key("press 5", ("read",), expires_at=NOW)
RING = KeyRing(keys=[OTHER_STORED, STORED])


def test_a_key_is_long_random_and_named_by_its_id() -> None:
    assert re.fullmatch(rf"palier_{STORED.id}_[A-Za-z0-9_-]{{43}}", KEY)
    assert create_key("press 4")[0] != KEY
    assert STORED.name == "press 4"
    assert STORED.scopes == list(SCOPES)


def test_what_is_stored_holds_no_key() -> None:
    document = write_key_ring(RING).decode()
    secret = KEY.split("_", 2)[2]
    assert KEY not in document
    assert secret not in document
    assert STORED.sha256 in document
    assert read_key_ring(document) == RING


def test_a_good_key_is_known() -> None:
    assert RING.authenticate(KEY) == STORED


@pytest.mark.parametrize("presented", [None, ""])
def test_no_key_is_missing(presented: str | None) -> None:
    with pytest.raises(ApiKeyMissingError):
        RING.authenticate(presented)


@pytest.mark.parametrize(
    "presented",
    [
        "palier",
        "palier_",
        "_",
        "__",
        f"palier_{STORED.id}",
        f"palier_{STORED.id}_",
        f"palier_{STORED.id}_{'A' * 43}",
        f"palier_{OTHER_STORED.id}_{KEY.split('_', 2)[2]}",
        KEY[:-1],
        KEY + " ",
        KEY.upper(),
        f"other_{STORED.id}_{KEY.split('_', 2)[2]}",
        STORED.sha256,
        create_key("stranger")[0],
        "schlüssel_ä_ö",
    ],
    ids=lambda presented: f"{len(presented)}-characters",
)
def test_any_other_key_is_invalid(presented: str) -> None:
    with pytest.raises(ApiKeyInvalidError, match=r"^The API key is not valid\.$"):
        RING.authenticate(presented)


@pytest.mark.parametrize(("ago", "valid"), [(1, True), (0, False), (-1, False)])
def test_a_key_expires_on_the_second(ago: int, valid: bool) -> None:
    now = NOW - timedelta(seconds=ago)
    assert OTHER_STORED.is_expired(now) is not valid
    if valid:
        assert RING.authenticate(OTHER, now) == OTHER_STORED
    else:
        with pytest.raises(ApiKeyInvalidError):
            RING.authenticate(OTHER, now)


def test_an_empty_ring_has_no_key() -> None:
    with pytest.raises(ApiKeyInvalidError):
        KeyRing().authenticate(KEY)


def test_a_scope_that_a_key_lacks_is_named() -> None:
    require_scope(OTHER_STORED, "read")
    with pytest.raises(ScopeMissingError, match=f"The API key {OTHER_STORED.id} lacks the scope 'predict'"):
        require_scope(OTHER_STORED, "predict")


@pytest.mark.parametrize(
    "change",
    [{"id": "x"}, {"sha256": "x"}, {"scopes": ["admin"]}, {"created_at": datetime(2026, 1, 1)}, {"key": KEY}],  # noqa: DTZ001
    ids=lambda change: next(iter(change)),
)
def test_a_stored_key_is_validated(change: dict[str, object]) -> None:
    content = {"keys": [msgspec.to_builtins(STORED) | change]}
    with pytest.raises(KeyRingError, match=r"^The document is no key ring: at "):
        read_key_ring(msgspec.json.encode(content))

"""API keys over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from msgspec.structs import replace

from functions.core.keys.keys import KeyRing, Scope, create_key, write_key_ring
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import assert_error, client_of, predict_tone

READ = ("/models", "/models/tiny", "/model/info")
OPEN = ("/", "/health", "/openapi.json", "/docs", "/docs/docs.js")


class Keys(NamedTuple):
    full: str
    read: str
    expired: str
    file: Path


def make_keys(path: Path) -> Keys:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    scopes: tuple[tuple[Scope, ...], ...] = (("read", "predict"), ("read",), ("read", "predict"))
    made = [create_key("press 4", one, yesterday if index == 2 else None) for index, one in enumerate(scopes)]
    path.write_bytes(write_key_ring(KeyRing(keys=[stored for _, stored in made])))
    return Keys(made[0][0], made[1][0], made[2][0], path)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return make_keys(tmp_path / "keys.json")


@pytest.fixture
def locked(settings: Settings, keys: Keys) -> Settings:
    return replace(settings, api_keys_required=True, api_keys_file=keys.file)


def keyed(settings: Settings, key: str | None) -> httpx.AsyncClient:
    return client_of(create_app(settings), **({"x-api-key": key} if key is not None else {}))


@pytest.mark.parametrize("path", OPEN)
async def test_health_and_documentation_need_no_key(locked: Settings, path: str) -> None:
    async with keyed(locked, None) as client:
        assert (await client.get(path)).status_code == 200


async def test_a_good_key_may_do_what_its_scopes_say(locked: Settings, keys: Keys) -> None:
    async with keyed(locked, keys.full) as client:
        assert [(await client.get(path)).status_code for path in READ] == [200, 200, 200]
        assert (await predict_tone(client)).status_code == 200


async def test_a_key_without_the_scope_is_forbidden(locked: Settings, keys: Keys) -> None:
    key_id = keys.read.split("_")[1]
    async with keyed(locked, keys.read) as client:
        assert [(await client.get(path)).status_code for path in READ] == [200, 200, 200]
        for path in ("/predict", "/predict/batch"):
            sentence = assert_error(await client.post(path), 403, "scope_missing", "X-API-Key")
            assert sentence == f"The API key {key_id} lacks the scope 'predict'."


@pytest.mark.parametrize("path", [*READ, "/predict", "/predict/batch"])
@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "api_key_missing"),
        ("", "api_key_missing"),
        ("unknown", "api_key_invalid"),
        (create_key("stranger")[0], "api_key_invalid"),
        ("wrong secret", "api_key_invalid"),
        ("expired", "api_key_invalid"),
    ],
    ids=["missing", "empty", "no key", "unknown", "wrong secret", "expired"],
)
async def test_without_a_good_key_nothing_is_answered(
    locked: Settings, keys: Keys, path: str, key: str | None, code: str
) -> None:
    presented = {"wrong secret": keys.full[:-4] + "AAAA", "expired": keys.expired}.get(key or "", key)
    async with keyed(locked, presented) as client:
        response = await client.request("POST" if "predict" in path else "GET", path)
    assert_error(response, 401, code, "X-API-Key")
    assert response.headers["www-authenticate"] == "ApiKey"


async def test_two_keys_in_one_request_are_refused_also_where_both_are_good(locked: Settings, keys: Keys) -> None:
    async with keyed(locked, None) as client:
        sent = [("X-API-Key", keys.full), ("X-API-Key", keys.read)]
        response = await client.get("/models", headers=sent)
    sentence = assert_error(response, 401, "api_key_invalid", "X-API-Key")
    assert sentence == "The header X-API-Key is there more than once; send one key."


async def test_a_key_is_checked_before_the_body_is_read(locked: Settings) -> None:
    async with keyed(locked, None) as client:
        response = await client.post("/predict", content=bytes(300_000))
    assert_error(response, 401, "api_key_missing", "X-API-Key")


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"keys": 1}', b"\xff\xfe"])
async def test_a_key_store_that_cannot_be_read_is_a_503(
    locked: Settings, keys: Keys, read_log: Any, content: bytes | None
) -> None:
    keys.file.unlink()
    if content is not None:
        keys.file.write_bytes(content)
    async with keyed(locked, keys.full) as client:
        response = await predict_tone(client)
        assert (await client.get("/health")).status_code == 200
    assert_error(response, 503, "dependency_unavailable", None)
    assert response.headers["retry-after"] == "5"
    assert any(line["level"] == "ERROR" and line.get("code") == "dependency_unavailable" for line in read_log())


async def test_without_any_store_every_request_is_refused(settings: Settings, keys: Keys) -> None:
    async with keyed(replace(settings, api_keys_required=True), keys.full) as client:
        assert_error(await predict_tone(client), 503, "dependency_unavailable", None)


async def test_a_revoked_key_is_refused_once_the_store_is_read_again(locked: Settings, keys: Keys) -> None:
    async with keyed(replace(locked, api_keys_cache_s=0), keys.full) as client:
        assert (await predict_tone(client)).status_code == 200
        keys.file.write_text('{"keys": []}')
        assert_error(await predict_tone(client), 401, "api_key_invalid", "X-API-Key")


async def test_the_log_names_the_key_s_id_and_never_the_key(locked: Settings, keys: Keys, read_log: Any) -> None:
    presented = (keys.full, keys.read, keys.expired, keys.full[:-4] + "AAAA", create_key("stranger")[0])
    for key in presented:
        async with keyed(locked, key) as client:
            await predict_tone(client)
    lines = read_log()
    assert [line["status"] for line in lines] == [200, 403, 401, 401, 401]
    assert lines[0]["api_key_id"] == keys.full.split("_")[1]
    assert [line["api_key_id"] for line in lines[2:]] == [None, None, None]
    for key in presented:
        assert key.split("_", 2)[2][:20] not in json.dumps(lines)


async def test_no_cache_may_keep_what_a_key_opens(locked: Settings, keys: Keys) -> None:
    async with keyed(locked, keys.full) as client:
        for path in (*READ, "/models/absent", "/v2/models/tiny", "/v2/models/stats"):
            assert (await client.get(path)).headers["cache-control"] == "no-store", path
        assert (await predict_tone(client)).headers["cache-control"] == "no-store"
    async with keyed(locked, None) as client:
        assert (await client.get("/models")).headers["cache-control"] == "no-store"
        assert "cache-control" not in (await client.get("/health")).headers

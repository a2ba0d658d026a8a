"""API keys guard /v2 as they guard the native API."""

from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from functions.core.keys.keys import KeyRing, Scope, create_key, write_key_ring
from functions.core.settings import Settings
from functions.inference.app import create_app
from functions.inference.late_routes import LateRoutes
from tests.support.apps import assert_error, client_of
from tests.support.v2 import batch, binary_envelope, post

OPEN = {"/v2", "/v2/health/live", "/v2/health/ready"}
PREDICT = {"/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"}


def late_routes(settings: Settings) -> list[tuple[str, str]]:
    late = [route for one in create_app(settings).routes if isinstance(one, LateRoutes) for route in one.routes]
    found = [(min((route.methods or set()) - {"HEAD"}), route.path) for route in late]
    return [(method, path) for method, path in found if path.startswith("/v2")]


def keyed(settings: Settings, file: Path, *scopes: Scope) -> httpx.AsyncClient:
    """A client with a key of these scopes, or without any."""
    key, stored = create_key("test", scopes)
    file.write_bytes(write_key_ring(KeyRing(keys=[stored])))
    locked = replace(settings, api_keys_required=True, api_keys_file=file)
    return client_of(create_app(locked), **({"x-api-key": key} if scopes else {}))


async def test_without_a_key_only_health_and_the_server_answer(settings: Settings, tmp_path: Path) -> None:
    async with keyed(settings, tmp_path / "keys.json") as client:
        for method, path in late_routes(settings):
            response = await client.request(method, path.format(name="tiny", version="10"))
            if path in OPEN:
                assert response.status_code == 200, path
            else:
                assert_error(response, 401, "api_key_missing", "X-API-Key")


@pytest.mark.parametrize(("scope", "allowed"), [("read", False), ("predict", True)])
async def test_inference_needs_the_scope_predict_and_all_else_read(
    settings: Settings, tmp_path: Path, scope: Scope, allowed: bool
) -> None:
    async with keyed(settings, tmp_path / "keys.json", scope) as client:
        for method, path in late_routes(settings):
            if path in OPEN:
                continue
            response = await client.request(method, path.format(name="tiny", version="10"))
            assert (response.status_code != 403) == ((path in PREDICT) == allowed), path
        answered = await post(client, binary_envelope(batch(0.5)))
        assert answered.status_code == (200 if allowed else 403)

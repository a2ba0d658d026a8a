"""By which names a local server may be asked."""

import httpx
import pytest
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from build_scripts.local.aws.hosts import AllowedHosts, names_of, origins_of
from functions.core.http.asgi import create_starlette
from functions.core.settings import Settings
from tests.support.apps import assert_error


def client(settings: Settings, *more: str, host: str = "127.0.0.1") -> httpx.AsyncClient:
    app = create_starlette([Route("/", lambda _: PlainTextResponse("yes"))], settings)
    app.user_middleware.append(Middleware(AllowedHosts, names=names_of(host, more)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "192.168.1.5:8000", "10.0.0.1", "rig.example:1"],
)
async def test_its_own_names_and_every_number_pass(settings: Settings, host: str) -> None:
    async with client(settings, "Rig.example") as asked:
        assert (await asked.get("/", headers={"host": host})).text == "yes"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "evil.example@localhost",
        "localhost:x",
        "localhost/",
        "[",
        "[::1",
        "",
        "127.0.0.1.evil.example",
        "\u00fc",
    ],
)
async def test_another_name_is_refused_and_named(settings: Settings, host: str) -> None:
    async with client(settings) as asked:
        answer = await asked.get("/", headers=[(b"host", host.encode("latin-1"))])
        assert "--allow-host" in assert_error(answer, 421, "host_not_allowed", "Host")


async def test_two_names_are_refused(settings: Settings) -> None:
    async with client(settings) as asked:
        answer = await asked.get("/", headers=[("host", "localhost"), ("host", "localhost")])
        assert_error(answer, 421, "host_not_allowed", "Host")


def test_names_are_of_the_loopback_and_of_the_address_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Press")
    assert names_of("127.0.0.1") == ["localhost", "127.0.0.1", "::1"]
    assert names_of("rig.example", ["proxy.example"]) == [*names_of("::1"), "rig.example", "proxy.example"]
    for everywhere in ("0.0.0.0", "::"):
        assert names_of(everywhere) == [*names_of("::1"), "press"]


def test_origins_are_as_browsers_write_them() -> None:
    assert origins_of(["localhost", "::1"], 8000) == ["http://localhost:8000", "http://[::1]:8000"]

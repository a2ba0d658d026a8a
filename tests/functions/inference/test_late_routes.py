import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import NoMatchFound, Route

from functions.inference.late_routes import LateRoutes
from tests.support.apps import client_of
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[3]


async def echo(request: Request) -> Response:
    return PlainTextResponse(request.url.path)


@pytest.fixture
def made() -> list[str]:
    """How often the routes were made."""
    return []


@pytest.fixture
def late(made: list[str]) -> LateRoutes:
    def make() -> list[Route]:
        made.append("routes")
        return [Route("/late", echo), Route("/late/{name}", echo, methods=["POST"])]

    return LateRoutes("/late", make)


@pytest.fixture
def app(late: LateRoutes) -> Starlette:
    return Starlette(routes=[late, Route("/later", echo), Route("/", echo)])


async def test_they_are_made_once_and_not_before_they_are_needed(app: Starlette, made: list[str]) -> None:
    async with client_of(app) as client:
        for path in ("/", "/later", "/absent"):
            await client.get(path)
        assert made == []
        for _ in range(2):
            assert (await client.get("/late")).text == "/late"
    assert made == ["routes"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/late", 200),
        ("GET", "/late/", 200),
        ("POST", "/late/x", 200),
        ("GET", "/late/x", 405),
        ("POST", "/late/x/y", 404),
        ("GET", "/lateness", 404),
    ],
)
async def test_they_answer_what_is_theirs(app: Starlette, method: str, path: str, status: int) -> None:
    async with client_of(app) as client:
        assert (await client.request(method, path)).status_code == status


async def test_they_answer_below_a_base_path(late: LateRoutes) -> None:
    transport = httpx.ASGITransport(app=Starlette(routes=[late]), root_path="/dev")
    async with httpx.AsyncClient(transport=transport, base_url="http://palier") as client:
        assert (await client.get("/dev/late")).status_code == 200
        assert (await client.get("/dev/late/")).status_code == 200
        assert (await client.get("/dev/later")).status_code == 404


def test_none_is_found_by_name(late: LateRoutes) -> None:
    with pytest.raises(NoMatchFound):
        late.url_path_for("late")


@pytest.mark.parametrize("module", ["functions.inference.handler", "local_server"])
def test_a_cold_start_loads_nothing_of_the_protocol(module: str) -> None:
    code = f"import sys, {module}; print([name for name in sys.modules if name.startswith('functions.inference.v2')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS
    )
    assert done.stdout.strip() == "[]"


def test_the_protocol_loads_nothing_heavy() -> None:
    """Its first request pays for modules of its own alone."""
    heavy = ("pandas", "scipy", "soxr", "soundfile", "boto3", "orjson", "tritonclient")
    code = (
        "import sys; from functions.core.settings import Settings; from functions.inference.app import create_app;"
        "from functions.inference.late_routes import LateRoutes;"
        "app = create_app(Settings(api_keys_required=False));"
        "[len(route.routes) for route in app.routes if isinstance(route, LateRoutes)];"
        f"assert 'functions.inference.v2.endpoints' in sys.modules; print([n for n in {heavy} if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS
    )
    assert done.stdout.strip() == "[]"

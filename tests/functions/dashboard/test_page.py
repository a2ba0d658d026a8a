"""The page and its files over HTTP: policy, caching, packing."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from functions.dashboard.app import create_app
from functions.dashboard.page import dashboard_routes
from tests.conftest import MakeSettings
from tests.support.apps import assert_error, client_of

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "functions" / "dashboard" / "static"
FILES = sorted(path.name for path in (STATIC / "assets").iterdir())
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
async def client(make_settings: MakeSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_app(make_settings(api_keys_required=True))) as client:
        yield client


async def test_the_page_needs_no_key_and_loads_nothing_inline_or_from_elsewhere(client: httpx.AsyncClient) -> None:
    response = await client.get("/dashboard")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy.pop("frame-ancestors") == policy.pop("base-uri") == policy.pop("form-action") == "'none'"
    assert policy.pop("default-src") == "'none'"
    assert set(policy.values()) == {"'self'"}
    assert set(policy) == {"script-src", "worker-src", "style-src", "img-src", "connect-src"}
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|https?://", response.text) == []
    links = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(links) == 3
    for link in links:
        # Relative, so that it is right behind every host and stage.
        assert (await client.get(str(httpx.URL("http://palier/dashboard").join(link)))).status_code == 200


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/plans.json"])
async def test_what_may_change_is_asked_for_again_and_identified_by_its_bytes(
    client: httpx.AsyncClient, path: str
) -> None:
    first = await client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    for tag in (first.headers["etag"], f'"other", W/{first.headers["etag"]}'):
        again = await client.get(path, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(path, headers={"if-none-match": '"other"'})).status_code == 200


async def test_the_plans_are_those_of_the_file_and_travel_packed(client: httpx.AsyncClient) -> None:
    response = await client.get("/dashboard/plans.json", headers={"accept-encoding": "gzip"})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.headers["content-encoding"] == "gzip"
    assert response.content == (STATIC.parent / "plans.json").read_bytes()
    document = response.json()
    rates = len(document["rates_per_s"])
    for plan in document["plans"]:
        assert [way["name"] for way in plan["ways"]] == ["on demand", "provisioned", "container"]
        assert {len(way["usd_month_at_rates"]) for way in plan["ways"]} == {rates}


async def test_a_slash_too_many_leads_to_the_page(client: httpx.AsyncClient) -> None:
    response = await client.get("/dashboard/")
    assert (response.status_code, response.headers["location"]) == (307, "../dashboard")


@pytest.mark.parametrize("name", FILES)
async def test_every_file_is_kept_for_good(client: httpx.AsyncClient, name: str) -> None:
    assert re.fullmatch(r"[a-z_]+-[0-9A-Za-z]{8}\.(js|css|svg|wav)", name)
    response = await client.get(f"/dashboard/assets/{name}")
    assert response.content == (STATIC / "assets" / name).read_bytes()
    assert response.headers["cache-control"] == FOREVER
    assert response.headers["x-content-type-options"] == "nosniff"
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wav": "audio/"}
    assert response.headers["content-type"].startswith(types[Path(name).suffix])


async def test_what_is_not_there_is_not_kept(client: httpx.AsyncClient) -> None:
    for path in ("absent-00000000.js", "../index.html", "%2e%2e/page.py"):
        response = await client.get(f"/dashboard/assets/{path}")
        assert_error(response, 404, "not_found", None)
        assert response.headers["cache-control"] == "no-store"


async def test_files_travel_packed(client: httpx.AsyncClient) -> None:
    (script,) = [name for name in FILES if name.startswith("main-") and name.endswith(".js")]
    packed = await client.get(f"/dashboard/assets/{script}", headers={"accept-encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = await client.get(f"/dashboard/assets/{script}", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content


def test_the_page_stays_light() -> None:
    """Compressed: what a first visit loads; the examples come only when one is opened, and all of it together."""
    sizes = {name: len(gzip.compress((STATIC / "assets" / name).read_bytes(), 6)) for name in FILES}
    page = sum(size for name, size in sizes.items() if not name.endswith(".wav"))
    assert page < 120_000
    assert max(size for name, size in sizes.items() if name.endswith(".wav")) < 60_000
    assert sum(sizes.values()) < 600_000


def test_every_package_in_it_has_its_licence() -> None:
    text = (STATIC / "LICENSES.txt").read_text()
    for name in ("fft.js 4", "jsfive 0", "pako 2", "preact 11", "uplot 1"):
        assert re.search(rf"^{re.escape(name)}[\d.]+ \(", text, re.MULTILINE), name


def test_the_routes_are_documented(make_settings: MakeSettings) -> None:
    paths = {getattr(route, "path", "") for route in dashboard_routes(make_settings())}
    own = {"/dashboard/plans.json", "/dashboard/surroundings.json"}
    assert paths == {"/dashboard", "/dashboard/", "/dashboard/assets", *own}
    assert "| GET `/dashboard` |" in (ROOT / "docs" / "http.md").read_text()
    for path in ("/dashboard", *own, "/dashboard/assets/NAME-HASH.EXT"):
        assert f"| `{path}` |" in (ROOT / "docs" / "dashboard.md").read_text()


async def test_files_may_go_to_the_origins_of_the_settings_and_nowhere_else(
    client: httpx.AsyncClient, make_settings: MakeSettings
) -> None:
    plain = await client.get("/dashboard")
    assert (await client.get("/dashboard/surroundings.json")).json() == {"uploads": False, "metrics_url": None}
    bucket, metrics = "https://b.s3.eu-central-1.amazonaws.com", "https://console.example/#dashboards"
    settings = make_settings(dashboard_connect_sources=[bucket], dashboard_metrics_url=metrics)
    async with client_of(create_app(settings)) as other:
        page = await other.get("/dashboard", headers={"if-none-match": plain.headers["etag"]})
        surroundings = await other.get("/dashboard/surroundings.json")
    # Another policy is another page, though its bytes are the same.
    assert page.status_code == 200
    assert f"; connect-src 'self' {bucket}; " in page.headers["content-security-policy"]
    assert surroundings.json() == {"uploads": True, "metrics_url": metrics}
    assert surroundings.headers["cache-control"] == "no-cache"

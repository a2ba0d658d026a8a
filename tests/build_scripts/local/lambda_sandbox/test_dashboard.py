"""The page and its files, from the bundle, as API Gateway asks for them."""

import base64
import gzip
import re

from build_scripts.local.lambda_sandbox.places import Places
from build_scripts.local.lambda_sandbox.sandbox import Function, Outcome, Sandbox
from tests.build_scripts.local.lambda_sandbox.conftest import read_event


def served(outcome: Outcome) -> bytes:
    """The bytes of an answer, as a browser unpacks them."""
    assert (outcome.kind, outcome.body["statusCode"], outcome.body["isBase64Encoded"]) == ("response", 200, True)
    raw = base64.b64decode(outcome.body["body"])
    return gzip.decompress(raw) if outcome.body["headers"].get("content-encoding") == "gzip" else raw


def test_the_page_and_its_files_come_from_the_same_bundle(places: Places) -> None:
    function = Function(handler="functions.dashboard.handler.handler", memory_mb=256)
    with Sandbox(places, function) as sandbox:
        assets = places.task / "functions" / "dashboard" / "static" / "assets"
        page = served(sandbox.invoke(read_event("dashboard")))
        names = re.findall(rb"dashboard/assets/([^\"]+)", page)
        assert len(names) == 3
        for name in (*map(bytes.decode, names), next(assets.glob("wear-*.wav")).name):
            outcome = sandbox.invoke(read_event("dashboard") | {"path": f"/dashboard/assets/{name}"})
            assert served(outcome) == (assets / name).read_bytes()
            assert outcome.body["headers"]["cache-control"] == "public, max-age=31536000, immutable"

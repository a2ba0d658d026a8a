"""What is faked is what the service answers."""

from typing import Any

import jsonschema
import pytest

from functions.core.http.metrics_routes import as_document
from functions.core.observability.memory_sink import MemorySink
from functions.inference.openapi import openapi_document
from tests.browser.fake_api import ASSETS, HISTORY, METRICS, STATES, result

DOCUMENT = openapi_document()
QUEUE = {"waiting": 7, "dead": 1}


@pytest.mark.parametrize(
    ("name", "fake"),
    [
        ("JobsAnswer", {"jobs": STATES, "next_cursor": None, "queue": QUEUE}),
        ("ResultsAnswer", {"state": "running", "results": [result(0), result(1)], "next_cursor": 2}),
        ("AssetsAnswer", {"assets": ASSETS, "next_cursor": "pump-7"}),
        ("HistoryAnswer", {"asset": ASSETS[2], "history": HISTORY, "next_cursor": "older#1"}),
    ],
)
def test_a_fake_answer_has_the_services_shape(name: str, fake: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(fake)
    assert set(fake) == set(DOCUMENT["components"]["schemas"][name]["properties"])


def test_the_metrics_have_the_servers_shape() -> None:
    real = as_document(MemorySink().snapshot())
    assert set(METRICS) == set(real)
    for name in ("errors", "latency_ms", "inference_ms", "requests"):
        assert set(METRICS[name]) == set(real[name])  # type: ignore[call-overload]


def test_every_state_is_faked() -> None:
    states = DOCUMENT["components"]["schemas"]["JobAnswer"]["properties"]["state"]
    assert {one["state"] for one in STATES} == set(states["enum"])

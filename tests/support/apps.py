"""Clients and checks for the HTTP tests."""

import json
import threading
from typing import Any

import httpx
import numpy as np
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from functions.core.models.engine import EngineOutput
from functions.core.preprocessing.arrays import Float32Array
from functions.inference.late_routes import LateRoutes
from tests.support.recordings import tone
from tests.support.waiting import SECONDS

JSON = "application/json"


def client_of(app: ASGIApp, **headers: str) -> httpx.AsyncClient:
    """Return a client as callers have it: defects are answers, not exceptions."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://palier", headers=headers)


async def post_json(client: httpx.AsyncClient, path: str, document: Any, **more: Any) -> httpx.Response:
    """POST a document as JSON; NaN and Infinity as Python writes them."""
    return await client.post(path, content=json.dumps(document), headers={"content-type": JSON}, **more)


async def predict_tone(client: httpx.AsyncClient, **options: Any) -> httpx.Response:
    """POST one good window to /predict."""
    return await post_json(client, "/predict", {"signal": tone(0.5).tolist(), **options})


def assert_error(response: httpx.Response, status: int, code: str, field: str | None) -> str:
    """Check the canonical error body in full and return its sentence."""
    body = response.json()
    assert (response.status_code, body["code"], body["field"]) == (status, code, field), body
    assert response.headers["content-type"] == JSON
    assert set(body) == {"error", "code", "field", "request_id"}
    assert body["request_id"] == response.headers["x-request-id"]
    sentence = body["error"]
    assert isinstance(sentence, str)
    assert sentence
    return sentence


def short_id(value: Any) -> str:
    """A name for a parameter that may be long."""
    return str(value)[:40]


class RaisingEngine:
    """An engine with a defect."""

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        raise RuntimeError(f"secret detail of {len(windows)} windows")


class BlockingEngine:
    """An engine that works until it is told to stop."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.release = threading.Event()

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        self.begun.release()
        assert self.release.wait(timeout=SECONDS)
        return EngineOutput(np.zeros((len(windows), 3), np.float32), None)


def every_route(app: Starlette) -> list[Route]:
    """All routes of an app, also those that are made when they are first needed."""
    late = [route for one in app.routes if isinstance(one, LateRoutes) for route in one.routes]
    return [route for route in [*app.routes, *late] if isinstance(route, Route)]

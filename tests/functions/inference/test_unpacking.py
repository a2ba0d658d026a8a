"""Packed bodies are unpacked in threads, while the event loop answers other requests, such as health checks."""

import gzip
import threading
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import numpy as np
import pytest

from functions.container.app import create_container
from functions.container.settings import ContainerSettings
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import JSON, client_of
from tests.support.recordings import npy_bytes, tone
from tests.support.v2 import INFER, batch, json_envelope

ONE = tone(0.5)
SIGNAL = str({"signal": ONE.tolist()}).replace("'", '"').encode()
SIGNALS = str({"signals": [ONE.tolist()]}).replace("'", '"').encode()
NPY, RAW = "application/x-npy", "application/octet-stream"
DOORS = [
    ("/predict", JSON, SIGNAL),
    ("/predict", RAW, ONE.tobytes()),
    ("/predict/batch", JSON, SIGNALS),
    ("/predict/batch", NPY, npy_bytes(np.stack([ONE]))),
    (INFER, JSON, json_envelope(batch(0.5)).body),
    ("/v2/repository/index", JSON, b"{}"),
    ("/v2/repository/models/tiny/load", JSON, b"{}"),
]
SAGEMAKER = [
    ("/invocations", JSON, SIGNAL),
    ("/invocations", JSON, SIGNALS),
    ("/invocations", JSON, json_envelope(batch(0.5)).body),
    ("/invocations", RAW, ONE.tobytes()),
]


@pytest.fixture
def unpacked_in(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads in which something was unpacked."""
    threads: list[int] = []
    original = zlib.decompressobj

    def decompressobj(window_bits: int) -> Any:
        threads.append(threading.get_ident())
        return original(window_bits)

    monkeypatch.setattr(zlib, "decompressobj", decompressobj)
    return threads


async def post_packed(client: httpx.AsyncClient, path: str, kind: str, body: bytes) -> httpx.Response:
    # An answer that is packed would be unpacked by the client, on this very thread.
    headers = {"content-type": kind, "content-encoding": "gzip", "accept-encoding": "identity"}
    return await client.post(path, content=gzip.compress(body), headers=headers)


@pytest.mark.parametrize(("path", "kind", "body"), DOORS)
async def test_no_body_is_unpacked_on_the_event_loop(
    client: httpx.AsyncClient, unpacked_in: list[int], path: str, kind: str, body: bytes
) -> None:
    assert (await post_packed(client, path, kind, body)).status_code == 200
    assert len(unpacked_in) == 1
    assert threading.get_ident() not in unpacked_in


@pytest.fixture(params=[True, False], ids=["batching", "not batching"])
async def container(
    request: pytest.FixtureRequest, make_settings: Callable[..., Settings]
) -> AsyncIterator[httpx.AsyncClient]:
    settings = ContainerSettings(batching=request.param, provider="cpu")
    async with client_of(create_container(make_settings(), settings).app) as client:
        yield client


@pytest.mark.parametrize(("path", "kind", "body"), DOORS + SAGEMAKER)
async def test_nor_is_it_in_the_container(
    container: httpx.AsyncClient, unpacked_in: list[int], path: str, kind: str, body: bytes
) -> None:
    assert (await post_packed(container, path, kind, body)).status_code == 200
    assert len(unpacked_in) == 1
    assert threading.get_ident() not in unpacked_in


async def test_one_request_is_enough_to_unpack_and_diagnose(make_settings: Callable[..., Settings]) -> None:
    """Unpacking takes the place of its own request, not one beside it."""
    async with client_of(create_app(make_settings(max_pending=1))) as client:
        for path, kind, body in DOORS:
            assert (await post_packed(client, path, kind, body)).status_code == 200

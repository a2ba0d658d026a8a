"""Callers who leave, over real connections: their request ends, those of others go on."""

import asyncio
import socket
import threading

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from functions.container.presence import Presence
from functions.core.settings import Settings
from tests.support.container import make_container
from tests.support.servers import serving
from tests.support.v2 import INFER, batch, raw_envelope
from tests.support.waiting import SECONDS, until

BODY = raw_envelope(batch(0.5)).body
HEAD = (
    f"POST {INFER} HTTP/1.1\r\nhost: palier\r\ninference-header-content-length: 0\r\n"
    f"content-length: {len(BODY)}\r\n\r\n"
)


def test_who_leaves_is_dropped_and_who_stays_is_answered(settings: Settings) -> None:
    # Whoever waits does so until a batch of three windows is full.
    waiting = {"batch_max_delay_ms": SECONDS * 1e3, "batch_max_windows": 3, "deadline_ms": SECONDS * 1e3}
    container = make_container(settings, **waiting)
    workers = container.invocations.native.workers
    with serving(container.served) as (host, port):
        url = f"http://{host}:{port}"
        with socket.create_connection((host, port)) as leaving:
            leaving.sendall(HEAD.encode() + BODY)
            until(lambda: workers.queued == 1)  # type: ignore[attr-defined]
            headers = {"inference-header-content-length": "0"}
            answers: list[httpx.Response] = []

            def ask(body: bytes) -> None:
                answers.append(httpx.post(url + INFER, content=body, headers=headers, timeout=SECONDS))

            stays = threading.Thread(target=ask, args=(BODY,))
            stays.start()
            until(lambda: workers.queued == 2)  # type: ignore[attr-defined]
        until(lambda: workers.queued == 1)  # type: ignore[attr-defined]
        ask(raw_envelope(batch(0.5, 0.5)).body)
        stays.join(SECONDS)
        scraped = httpx.get(f"{url}/metrics", timeout=SECONDS).text
    assert [answer.status_code for answer in answers] == [200, 200]
    assert 'palier_batch_windows_sum{model="tiny"} 3.0' in scraped
    assert 'palier_responses_total{code="0"} 1.0' in scraped


async def test_a_cancellation_that_is_not_its_own_is_passed_on() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        pytest.fail(str(message))

    with pytest.raises(asyncio.CancelledError):
        await Presence(app, 1000)({"type": "http", "method": "POST", "headers": []}, receive, send)

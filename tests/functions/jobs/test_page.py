"""The examples of docs/jobs.md run."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from functions.worker.webhook import WAITS_S, sign
from tests.support.jobs import Jobs

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "jobs.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def receiver() -> Callable[..., bool]:
    """The page's way to verify a webhook."""
    names: dict[str, Any] = {}
    (block,) = blocks("python")
    exec(block, names)
    checked: Callable[..., bool] = names["is_genuine"]
    return checked


def headers(secret: str, sent_s: int, body: bytes) -> dict[str, str]:
    return {"X-Palier-Timestamp": str(sent_s), "X-Palier-Signature": f"v1={sign(secret, sent_s, body)}"}


def test_a_webhook_is_verified_as_the_page_says() -> None:
    is_genuine, body, now = receiver(), b'{"type": "job.finished"}', int(time.time())
    good = headers("a secret of the plant", now, body)
    assert is_genuine(good, body, "a secret of the plant") is True
    assert is_genuine(good, body, "another secret") is False
    assert is_genuine(good, body + b" ", "a secret of the plant") is False
    assert is_genuine(good | {"X-Palier-Timestamp": str(now + 1)}, body, "a secret of the plant") is False
    stale = headers("a secret of the plant", now - 1000, body)
    assert is_genuine(stale, body, "a secret of the plant") is False


async def test_the_submission_of_the_page_is_taken(jobs: Jobs) -> None:
    answer = await jobs.post(json.loads(blocks("json")[0]))
    assert answer.status_code == 202
    assert answer.json()["waiting_for_uploads"] is True


def test_the_waits_of_the_page_are_those_of_the_code() -> None:
    assert ", ".join(f"{wait} s" for wait in WAITS_S[:-1]) + f" and {WAITS_S[-1]} s" in PAGE

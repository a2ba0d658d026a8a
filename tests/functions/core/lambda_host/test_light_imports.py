"""A process that imports lightly, and then uses what was left out."""

import json
import subprocess
import sys
from http.client import responses
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[4]
LEFT_OUT = ["bz2", "http.client", "lzma", "ssl", "typing_extensions"]
CODE = f"""
import json, sys
from functions.core.lambda_host.light_imports import import_lightly
import_lightly()
loaded = [name for name in {LEFT_OUT} if name in sys.modules]
from starlette.exceptions import HTTPException
from starlette.applications import Starlette
details = {{str(status): HTTPException(status).detail for status in range(100, 600)}}
import asyncio, bz2, http.client, lzma, ssl, typing_extensions, urllib3
import botocore.httpsession
async def answer():
    return await asyncio.to_thread(lambda: 42)
print(json.dumps({{
    "loaded": loaded,
    "details": details,
    "answer": asyncio.run(answer()),
    "real": [bz2.decompress(bz2.compress(b"a")) == b"a", lzma.decompress(lzma.compress(b"b")) == b"b",
             issubclass(http.client.HTTPSConnection, http.client.HTTPConnection),
             ssl.create_default_context().check_hostname, typing_extensions.__name__ == "typing_extensions",
             urllib3.connection.HTTPSConnection is not None],
}}))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_what_is_optional_is_not_imported(found: dict[str, Any]) -> None:
    assert found["loaded"] == []


def test_statuses_have_the_phrases_of_the_http_client(found: dict[str, Any]) -> None:
    assert found["details"] == {str(status): responses.get(status, "") for status in range(100, 600)}


def test_what_was_left_out_is_there_afterwards(found: dict[str, Any]) -> None:
    assert found["answer"] == 42
    assert found["real"] == [True] * 6

"""Signatures as botocore makes them pass; the same of anything else, by anybody else, at another time, do not."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from build_scripts.local.aws.embedded.access import REGION
from build_scripts.local.aws.embedded.guard.signatures import (
    RefusedError,
    Request,
    check_signature,
    promised_hash,
    signature_of,
)

KEY_ID, SECRET = "PALIER0", "secret"
OTHER = "another run's secret"
HOST = "localhost:4566"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), min_size=1, max_size=12)
QUERIES = st.lists(st.tuples(TEXT, TEXT), max_size=4, unique_by=lambda pair: pair[0])


def secret_of(key_id: str, token: str) -> str | None:
    return SECRET if (key_id, token) == (KEY_ID, "") else None


def sign(
    service: str,
    method: str,
    path: str,
    query: list[tuple[str, str]],
    body: bytes,
    secret: str = SECRET,
    *,
    host: str = HOST,
) -> Request:
    """Sign by a header, as boto3 does."""
    asked = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query)
    request = AWSRequest(method, f"http://{host}{path}{'?' if asked else ''}{asked}", data=body)
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(Credentials(KEY_ID, secret), service, REGION).add_auth(request)
    return _sent(request, method, host)


def link(path: str, secret: str = SECRET) -> Request:
    """Sign a link of S3."""
    request = AWSRequest("GET", f"http://{HOST}{path}?response-content-disposition=a%20b")
    S3SigV4QueryAuth(Credentials(KEY_ID, secret), "s3", REGION, expires=60).add_auth(request)
    return _sent(request, "GET", HOST)


def _sent(request: Any, method: str, host: str) -> Request:
    split = urlsplit(request.url)
    headers = {name.lower(): str(value) for name, value in request.headers.items()} | {"host": host}
    return Request(method, split.path, split.query, headers)


def check(request: Request, body: bytes = b"", now: float | None = None) -> None:
    signature = signature_of(request)
    body_hash = promised_hash(request, signature) or hashlib.sha256(body).hexdigest()
    check_signature(request, signature, body_hash, secret_of, now)


@settings(max_examples=60)
@given(
    service=st.sampled_from(["s3", "sqs", "dynamodb"]),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    path=st.lists(TEXT, max_size=3),
    query=QUERIES,
    body=st.binary(max_size=40),
)
def test_what_botocore_signs_passes_and_nothing_else_by_its_signature(
    service: str, method: str, path: list[str], query: list[tuple[str, str]], body: bytes
) -> None:
    sent = "/" + "/".join(quote(part, safe="-_.~") for part in path)
    request = sign(service, method, sent, query, body)
    check(request, body)
    others: list[Request] = [
        replace(request, method="PATCH"),
        replace(request, path=f"{sent}x"),
        replace(request, query=f"{request.query}&x=1".lstrip("&")),
        replace(request, headers={**request.headers, "host": "localhost:4567"}),
        replace(request, headers={**request.headers, "x-amz-date": "20260101T000000Z"}),
        sign(service, method, sent, query, body, OTHER),
    ]
    for other in others:
        with pytest.raises(RefusedError):
            check(other, body)


def test_a_body_is_part_of_what_is_signed() -> None:
    request = sign("sqs", "POST", "/", [], b"one")
    check(request, b"one")
    with pytest.raises(RefusedError, match="not of this request"):
        check(request, b"two")
    assert promised_hash(request, signature_of(request)) is None
    stored = sign("s3", "PUT", "/bucket/key", [], b"one")
    assert promised_hash(stored, signature_of(stored)) == hashlib.sha256(b"one").hexdigest()


def test_a_link_is_good_until_its_end() -> None:
    # Before it is made, whose time is a whole second.
    now = time.time()
    request = link("/recordings/jobs/a%20b.json")
    check(request, now=now)
    check(request, now=now + 59)
    for wrong in (now + 60 * 60, now - 16 * 60):
        with pytest.raises(RefusedError, match="another time"):
            check(request, now=wrong)
    with pytest.raises(RefusedError, match="not of this request"):
        check(link("/recordings/jobs/a%20b.json", OTHER))
    with pytest.raises(RefusedError, match="not of this request"):
        check(replace(request, query=request.query.replace("Expires=60", "Expires=6000")))


def test_a_header_is_good_for_a_quarter_of_an_hour() -> None:
    request, now = sign("s3", "GET", "/bucket", [], b""), time.time()
    check(request, now=now + 14 * 60)
    for wrong in (now + 16 * 60, now - 16 * 60):
        with pytest.raises(RefusedError, match="another time"):
            check(request, now=wrong)


def authorization(change: Callable[[str], str]) -> Request:
    request = sign("sqs", "POST", "/", [], b"")
    return replace(request, headers={**request.headers, "authorization": change(request.headers["authorization"])})


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/", "", {}),
        Request("GET", "/", "", {"authorization": "AWS key:signature"}),
        Request("GET", "/", "", {"authorization": "AWS4-HMAC-SHA256"}),
        Request("GET", "/", "AWSAccessKeyId=PALIER0&Signature=x&Expires=99999999999", {}),
        authorization(lambda text: text.replace("SHA256 ", "SHA512 ")),
        authorization(lambda text: text.replace(KEY_ID, "test")),
        authorization(lambda text: text.replace(f"Credential={KEY_ID}", "Credential=")),
        authorization(lambda text: text.replace("/aws4_request", "")),
        authorization(lambda text: text.replace("aws4_request", "aws5_request")),
        authorization(lambda text: text.replace("host;", "")),
        authorization(lambda text: text.partition(", Signature")[0]),
        replace(sign("s3", "GET", "/", [], b""), query="X-Amz-Signature=x"),
        replace(link("/a/b"), query=link("/a/b").query + "&X-Amz-Credential=x"),
        replace(link("/a/b"), query=link("/a/b").query.replace("X-Amz-Expires", "X-Amz-Expired")),
        replace(link("/a/b"), query=link("/a/b").query.replace("Expires=60", "Expires=\u00b2")),
        replace(link("/a/b"), query=link("/a/b").query.replace("%2Fs3%2F", "%2Fsqs%2F")),
    ],
)
def test_what_is_not_signed_so_is_refused(request_: Request) -> None:
    with pytest.raises(RefusedError):
        check(request_)


def test_a_body_signed_in_an_unknown_way_is_refused() -> None:
    request = sign("s3", "PUT", "/bucket/key", [], b"")
    streamed = replace(
        request, headers={**request.headers, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    )
    with pytest.raises(RefusedError, match="not known here"):
        promised_hash(streamed, signature_of(streamed))

"""Forms: fields, each once, then a file and nothing after it."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_scripts.local.aws.embedded.guard.forms import MOST_HEAD_BYTES, Head, read_head
from build_scripts.local.aws.embedded.guard.signatures import RefusedError, check_form

TYPE = "multipart/form-data; boundary=xyz"
FILE = b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="a b.wav"\r\nContent-Type: audio/wav\r\n\r\n'
END = b"\r\n--xyz--\r\n"


def field(name: str, value: str) -> bytes:
    return f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def policy(*conditions: object) -> str:
    return base64.b64encode(json.dumps({"expiration": "x", "conditions": conditions}).encode()).decode()


def test_fields_before_the_file_are_read() -> None:
    start = field("key", "jobs/ü") + field("Policy", "p") + FILE
    head = read_head(TYPE, start + b"content" + END)
    assert (head.fields, head.file_at) == ({"key": "jobs/ü", "policy": "p"}, len(start))
    head.check_end(start + b"content" + END)
    head.check_end(start + b"content\r\n--xyz--")
    assert read_head('multipart/form-data; boundary="xyz"', start).file_at == len(start)


@given(st.binary(max_size=60).filter(lambda content: b"--xyz" not in content))
def test_any_content_without_the_boundary_may_be_the_file(content: bytes) -> None:
    body = field("key", "a") + FILE + content + END
    read_head(TYPE, body).check_end(body)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        field("key", "a"),
        b"preamble\r\n" + FILE,
        field("key", "a") + field("key", "b") + FILE,
        field("key", "a") + field("KEY", "b") + FILE,
        field("File", "a") + FILE,
        field("key", "a --xyz b") + FILE,
        field("na me", "a") + FILE,
        field("key", "a").replace(b"; name", b"; filename") + FILE,
        field("key", "a").replace(b"\r\n\r\n", b"\r\nContent-Disposition: x\r\n\r\n") + FILE,
        field("key", "\udcff".encode("utf-8", "surrogatepass").decode("latin-1")).replace(b"\xc3", b"") + FILE,
        field("key", "a" * MOST_HEAD_BYTES) + FILE,
        b"--xyz\r\n" * 9000 + FILE,
    ],
)
def test_another_shape_is_refused(start: bytes) -> None:
    with pytest.raises(RefusedError):
        read_head(TYPE, start)


@pytest.mark.parametrize("kind", ["multipart/form-data", f"{TYPE}; boundary=abc", "multipart/form-data; boundary=a b"])
def test_another_boundary_is_refused(kind: str) -> None:
    with pytest.raises(RefusedError, match="boundary"):
        read_head(kind, FILE)


@pytest.mark.parametrize(
    "rest",
    [
        b"content",
        b"content--xyz--",
        b"content\r\n--xyz--\r\nmore",
        b"content\r\n" + field("policy", "another") + b"--xyz--\r\n",
        b"content\r\n--xyz\r\n\r\n--xyz--",
    ],
)
def test_nothing_comes_after_the_file(rest: bytes) -> None:
    body = field("key", "a") + FILE + rest
    with pytest.raises(RefusedError, match="does not end"):
        read_head(TYPE, body).check_end(body)


def head_of(policy: str) -> Head:
    return Head(b"--xyz", {"policy": policy}, 100)


def test_the_policy_bounds_the_body() -> None:
    head = head_of(policy({"bucket": "abc"}, ["content-length-range", 1, 1000]))
    assert 1100 < head.most_bytes("abc") < 1300
    with pytest.raises(RefusedError, match="not for this bucket"):
        head.most_bytes("graphql")


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "%",
        policy(),
        policy(["content-length-range", 1]),
        policy(["content-length-range", 1, None]),
        policy(["content-length-range", 1, 2], ["content-length-range", 1, 3]),
        policy([]),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"[" * 30_000).decode(),
        base64.b64encode(b'{"conditions": [["content-length-range", 1, %s]]}' % (b"9" * 5000)).decode(),
    ],
)
def test_a_policy_without_a_bound_is_refused(policy: str) -> None:
    with pytest.raises(RefusedError, match="does not limit the size of the file"):
        head_of(policy).most_bytes("abc")


@pytest.mark.parametrize("fields", [{}, {"policy": "x"}, {"policy": "x", "x-amz-algorithm": "AWS4-HMAC-SHA256"}])
def test_an_unsigned_form_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        check_form(fields, lambda *_: "secret")

"""multipart/form-data: one file, and options beside it."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import MalformedBodyError
from functions.core.http.forms import MOST_PARTS, read_form

CONTENT_TYPE = "multipart/form-data; boundary=XX"


def form(*parts: tuple[str, bytes], end: bytes = b"--XX--\r\n") -> bytes:
    return b"".join(b"--XX\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts) + end


FILE = ('Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav', b"RIFF\r\n--X\r\n")
FIELD = ('Content-Disposition: form-data; name="model"', b"tiny")


def test_a_file_and_fields() -> None:
    found = read_form(form(FIELD, FILE), CONTENT_TYPE)
    assert (found.content, found.file_name, found.content_type) == (b"RIFF\r\n--X\r\n", "a.wav", "audio/wav")
    assert found.fields == {"model": "tiny"}


def test_what_stands_before_and_behind_is_no_part() -> None:
    body = b"This is a form.\r\n" + form(FILE, end=b"--XX--  \r\nthe end")
    assert read_form(body, 'Multipart/Form-Data; boundary="XX"').content == FILE[1]


def test_a_part_named_file_needs_no_file_name() -> None:
    found = read_form(form(('Content-Disposition: form-data; name="file"', b"1\n2\n")), CONTENT_TYPE)
    assert (found.content, found.file_name, found.content_type) == (b"1\n2\n", "", "")


def test_a_name_beyond_ascii() -> None:
    found = read_form(form(('Content-Disposition: form-data; name="x"; filename="Ölpumpe.csv"', b"1")), CONTENT_TYPE)
    assert found.file_name == "Ölpumpe.csv"


@given(st.binary(max_size=200), st.text("ab.", max_size=5), st.text(max_size=20))
def test_what_a_client_writes_is_read_back(content: bytes, name: str, value: str) -> None:
    request = httpx.Request("POST", "http://p", files={"upload": (name or "a", content)}, data={"value": value})
    found = read_form(request.read(), request.headers["content-type"])
    assert (found.content, found.file_name, found.fields) == (content, name or "a", {"value": value})


@given(st.binary(max_size=300), st.integers(0, 150), st.integers(0, 20))
def test_broken_forms_are_refused_and_nothing_else(noise: bytes, at: int, cut: int) -> None:
    whole = form(FIELD, FILE)
    for body in (noise, whole[:at] + noise + whole[at + cut :], b"--XX" + noise):
        with suppress(MalformedBodyError):
            read_form(body, CONTENT_TYPE)


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (form(FILE), "multipart/form-data", "no boundary"),
        (form(FILE), f"multipart/form-data; boundary={'X' * 71}", "no boundary"),
        (form(FILE), "multipart/form-data; boundary=YY", "does not have the boundary"),
        (form(FILE)[:-20], CONTENT_TYPE, "cut short"),
        (form(FIELD), CONTENT_TYPE, "has 0 files; send one"),
        (form(FILE, FILE), CONTENT_TYPE, "has 2 files; send one"),
        (form(FIELD, FIELD, FILE), CONTENT_TYPE, "the field 'model' twice"),
        (
            form(*[(f'Content-Disposition: form-data; name="{n}"', b"") for n in range(MOST_PARTS + 1)]),
            CONTENT_TYPE,
            "more than 100 parts",
        ),
        (form((FIELD[0], b"\xff"), FILE), CONTENT_TYPE, "no UTF-8 text"),
        (form((FILE[0] + "\r\nContent-Transfer-Encoding: base64", b"QQ==")), CONTENT_TYPE, "its bytes as they are"),
        (form(("X: " + "y" * 9000, b"")), CONTENT_TYPE, "cut short"),
    ],
)
def test_each_fault_has_its_sentence(body: bytes, content_type: str, words: str) -> None:
    with pytest.raises(MalformedBodyError, match=words):
        read_form(body, content_type)

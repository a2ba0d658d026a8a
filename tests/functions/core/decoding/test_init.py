import numpy as np
import pytest

from functions.core.decoding import MEDIA_TYPES, decode_file, media_type
from functions.core.errors import EmptyBodyError, UnsupportedMediaTypeError
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *((name, name) for name in MEDIA_TYPES),
        ("application/json; charset=utf-8", "application/json"),
        ("Text/CSV;header=present", "text/csv"),
        ("audio/x-wav", "audio/wav"),
        ("audio/wave", "audio/wav"),
        ("audio/vnd.wave; codec=1", "audio/wav"),
    ],
)
def test_a_header_names_a_media_type(header: str, expected: str) -> None:
    assert media_type(header) == expected


@pytest.mark.parametrize(
    ("header", "start"),
    [
        (None, "The Content-Type is missing"),
        ("", "The Content-Type is missing"),
        (";", "The Content-Type is missing"),
        ("text/plain", "Content-Type 'text/plain' is not accepted"),
        ("multipart/form-data; boundary=x", "Content-Type 'multipart/form-data' is not accepted"),
    ],
)
def test_another_is_refused_and_the_accepted_ones_are_named(header: str | None, start: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError, match=start) as refusal:
        media_type(header)
    assert all(name in refusal.value.message for name in MEDIA_TYPES)


def test_only_what_the_endpoint_accepts_is_named() -> None:
    with pytest.raises(UnsupportedMediaTypeError, match=r"send one of application/json\.$"):
        media_type("text/csv", ("application/json",))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (tone(0.5).astype("<f4").tobytes(), "application/octet-stream"),
        (npy_bytes(tone(0.5)), "application/x-npy"),
        (csv_text([tone(0.5)]).encode(), "text/csv"),
        (wav_bytes(tone(0.5)), "audio/wav"),
    ],
)
def test_every_format_gives_the_same_samples(body: bytes, kind: str) -> None:
    np.testing.assert_array_equal(decode_file(body, kind).samples, tone(0.5)[np.newaxis])


@pytest.mark.parametrize("kind", MEDIA_TYPES[1:])
def test_nothing_is_an_empty_body(kind: str) -> None:
    with pytest.raises(EmptyBodyError):
        decode_file(b"", kind)

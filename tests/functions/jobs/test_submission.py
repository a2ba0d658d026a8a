"""Checks of a submission, before anything of it is stored."""

import json
from typing import Any

import pytest

from functions.core.decoding import json_body
from functions.core.errors import JobInvalidError, JobTooLargeError, MalformedBodyError, SampleRateError
from functions.core.models.options import DiagnosisOptions
from functions.jobs.submission import OwnOptions, read_submission
from tests.support.costs import assert_linear_memory

MOST = 10
HALF = "\ud800"
SIGNALS = {"signals": [[1, 2]]}
UPLOAD = {"name": "a.wav", "content_type": "audio/wav"}
PREFIX = {"prefix": "s3://bucket/references/shared/"}
WEBHOOK = {"url": "https://plant.example.org/hook", "secret": "s" * 16}


def read(document: dict[str, Any]) -> object:
    return read_submission(json.dumps(document).encode(), MOST)


@pytest.mark.parametrize(
    "document",
    [
        *(SIGNALS | {name: HALF} for name in DiagnosisOptions.__struct_fields__),
        *({"uploads": [UPLOAD], name: HALF} for name in DiagnosisOptions.__struct_fields__),
        *({"uploads": [UPLOAD | {name: HALF}]} for name in OwnOptions.__struct_fields__),
        *(SIGNALS | {"recordings": [{name: HALF}]} for name in (*OwnOptions.__struct_fields__, "name")),
        *({"uploads": [UPLOAD | {name: HALF}]} for name in UPLOAD),
        {"prefix": HALF},
        {"prefix": f"s3://bucket/{HALF}/"},
        *(PREFIX | {"webhook": WEBHOOK | {name: HALF * 16}} for name in WEBHOOK),
        PREFIX | {HALF: 1},
        PREFIX | {"webhook": WEBHOOK | {HALF: 1}},
    ],
    ids=lambda document: json.dumps(document)[:70],
)
def test_text_that_is_no_unicode_is_malformed_wherever_it_stands(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedBodyError, match="no Unicode"):
        read(document)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"uploads": [{"name": "a.wav", "content_type": "audio/wav"}], "sample_rate_hz": RATE}', "sample_rate_hz"),
        (
            '{"uploads": [{"name": "a.wav", "content_type": "audio/wav", "sample_rate_hz": RATE}]}',
            "uploads[0].sample_rate_hz",
        ),
    ],
)
def test_a_rate_that_is_no_number_is_refused_and_never_the_default(body: str, field: str, text: str) -> None:
    """It once became null, and the recordings were diagnosed at the model's own rate."""
    with pytest.raises(SampleRateError) as refusal:
        read_submission(body.replace("RATE", text).encode(), MOST)
    assert refusal.value.field == field


@pytest.mark.parametrize("last", ["[1]", "[null]"])
def test_signals_are_counted_before_one_is_made(monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    made: list[Any] = []
    monkeypatch.setattr(json_body, "as_float32", made.append)
    with pytest.raises(JobTooLargeError, match="A job may have 10 recordings") as refusal:
        read_submission(f'{{"signals": [{"[1]," * 100_000}{last}]}}'.encode(), MOST)
    assert (refusal.value.field, made) == ("signals", [])


def test_memory_is_linear() -> None:
    bodies = [
        json.dumps({"signals": [[0.5] * count], "recordings": [{"channel": "0"}]}).encode()
        for count in (50_000, 200_000)
    ]
    assert_linear_memory(lambda body: read_submission(body, MOST), (bodies[0], bodies[1]), most=16)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        (
            {"uploads": [UPLOAD | {"name": "../a.wav"}]},
            "uploads[0].name must be a name of letters, digits, spaces and . _ -, at most 128, "
            "the first a letter or a digit.",
        ),
        (
            {"uploads": [UPLOAD, UPLOAD | {"recordings": 0}]},
            "uploads[1].recordings must be a whole number from 1 up to 10000.",
        ),
        ({"uploads": [UPLOAD | {"unit": "inch"}]}, "uploads[0].unit must be g, m/s2 or mm/s."),
        ({"uploads": [UPLOAD | {"color": 1}]}, "uploads[0] has no member 'color'; leave it out."),
        ({"uploads": [{"name": "a.wav"}]}, "uploads[0] has to have the member 'content_type'."),
        ({"uploads": {}}, "uploads must be a JSON list, each entry an object."),
        ({"uploads": [1]}, "uploads[0] must be an object."),
        ({"uploads": [UPLOAD | {"conditions": {"load": "full"}}]}, "uploads[0].conditions[...] must be a number."),
        ({"uploads": [UPLOAD | {"conditions": []}]}, "uploads[0].conditions must be numbers by name, at most 16."),
        (PREFIX | {"webhook": WEBHOOK | {"secret": "short"}}, "webhook.secret must be text of 16 to 256 characters."),
        (PREFIX | {"webhook": "https://plant.example/"}, "webhook must be an object."),
        ({"prefix": 1}, "prefix must be text of at most 1100 characters."),
    ],
)
def test_a_refusal_states_the_place_and_what_belongs_there(members: dict[str, Any], sentence: str) -> None:
    with pytest.raises(JobInvalidError) as refusal:
        read_submission(json.dumps(members).encode(), MOST)
    assert refusal.value.message == sentence


def test_what_is_no_object_is_refused() -> None:
    for body in (b"[]", b"{", b"null"):
        with pytest.raises(MalformedBodyError):
            read_submission(body, MOST)
    with pytest.raises(JobInvalidError):
        read_submission(b"{}", MOST)

"""What a submission's members hold is counted first, read as its type, and refused with its place."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import JobTooLargeError, MalformedBodyError, PalierError
from functions.core.preprocessing.signal import Recording
from functions.jobs import planning, submission
from functions.jobs.members import LONGEST_TEXT
from functions.jobs.planning import plan_job
from functions.jobs.submission import MOST_UPLOADS, Submission, read_submission
from tests.support.apps import assert_error
from tests.support.jobs import Jobs

MOST = 10
UPLOAD = '{"name":"a%d","content_type":"application/octet-stream","recordings":10000}'
TOO_LARGE = {
    "signals": ("signals", "[1]"),
    "signals of channels": ("signals", "[[1],[2]]"),
    "uploads": ("uploads", UPLOAD.replace("%d", "")),
    "recordings": ("recordings", "{}"),
}
ODD = {
    "members": "".join(f'"{index}":1,' for index in range(20_000)),
    "webhook": f'"webhook":[{"[]," * 100_000}[]],',
    "model": f'"model":[{"[]," * 100_000}[]],',
    "prefix": f'"prefix":{{"a":[{"[]," * 100_000}[]]}},',
    "text": f'"model":"{"a" * 300_000}",',
    "object": f'"signals":[{"[1]," * 100_000}{{"a":1e999}}],',
    "nan": f'"uploads":[{"{}," * 100_000}NaN],',
    "infinite": f'"uploads":[{(UPLOAD + ",") * 3_000}{{"sample_rate_hz":1e999}}],',
}


def read(body: str | bytes, most: int = MOST) -> Submission:
    return read_submission(body.encode() if isinstance(body, str) else body, most)


def peak_bytes(body: str) -> int:
    """Most memory that Python held while a body was refused, beside the body."""
    encoded = body.encode()
    tracemalloc.start()
    try:
        with pytest.raises(PalierError):
            read(encoded)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", TOO_LARGE)
@pytest.mark.parametrize("count", [MOST + 1, MOST_UPLOADS + 1, 50_000])
def test_too_many_are_refused_without_an_object_for_each(kind: str, count: int) -> None:
    member, entry = TOO_LARGE[kind]
    if member == "uploads" and count <= MOST_UPLOADS:
        count += MOST_UPLOADS
    body = json.dumps({member: ["?"]}).replace('"?"', ",".join([entry] * count))
    with pytest.raises(JobTooLargeError) as refused:
        read(body)
    assert refused.value.field == member
    # Copies of the text, and nothing for an entry.
    assert peak_bytes(body) < 3 * len(body) + 20_000


@pytest.mark.parametrize("kind", ODD)
def test_nothing_is_made_of_what_no_member_can_be(kind: str) -> None:
    assert peak_bytes("{" + ODD[kind] + '"version":1}') < 3 * len(ODD[kind])


def test_recordings_of_uploads_are_counted_before_one_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(planning, "PlannedRecording", lambda *given, **more: made.append(given))
    uploads = ",".join(UPLOAD % index for index in range(1_000))
    with pytest.raises(JobTooLargeError) as refused:
        plan_job("ab" * 16, "everybody", read(f'{{"uploads":[{uploads}]}}'), None, MOST)  # type: ignore[arg-type]
    assert (refused.value.field, made) == ("uploads", [])


def test_signals_are_counted_before_a_file_is_made_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Recording] = []
    monkeypatch.setattr(planning, "npy_file", made.append)
    taken = read('{"signals":[[1],[2],[3]]}')
    with pytest.raises(JobTooLargeError):
        plan_job("ab" * 16, "everybody", taken, None, 2)  # type: ignore[arg-type]
    assert made == []


def test_files_below_a_prefix_are_counted_before_one_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    class Files:
        bucket = "b"

        def below(self, prefix: str, most: int) -> list[None]:
            # As many as it may list, and none of them is looked at.
            return [None] * (most + 1)

    taken = Submission({}, prefix="s3://b/recordings/shared/")
    with pytest.raises(JobTooLargeError) as refused:
        plan_job("ab" * 16, "everybody", taken, Files(), MOST)  # type: ignore[arg-type]
    assert refused.value.field == "prefix"


def test_as_many_as_may_be_are_taken() -> None:
    assert len(read(f'{{"signals":[{",".join(["[1]"] * MOST)}]}}').signals) == MOST
    assert len(read(f'{{"uploads":[{",".join([UPLOAD % 1] * MOST_UPLOADS)}]}}').uploads) == MOST_UPLOADS


NOT_FINITE = ["NaN", "Infinity", "-Infinity"]


@pytest.mark.parametrize("number", NOT_FINITE)
async def test_a_sample_rate_that_is_not_finite_is_refused(jobs: Jobs, number: str) -> None:
    signals = f'{{"signals":[[1,2]],"sample_rate_hz":{number}}}'
    assert_error(await post(jobs, signals), 422, "sample_rate_out_of_range", "sample_rate_hz")
    text = f'{{"signals":[[1,2]],"sample_rate_hz":"{number}"}}'
    assert_error(await post(jobs, text), 422, "sample_rate_out_of_range", "sample_rate_hz")
    own = f'{{"signals":[[1],[2]],"recordings":[{{"channel":"a"}},{{"sample_rate_hz":{number}}}]}}'
    assert_error(await post(jobs, own), 422, "sample_rate_out_of_range", "recordings[1].sample_rate_hz")
    behind = f'{{"uploads":[{UPLOAD % 1}],"full_scale":{number}}}'
    assert_error(await post(jobs, behind), 422, "signal_not_finite", "full_scale")
    assert (await jobs.get("/jobs"))["jobs"] == []


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ('{"prefix":"s3://b/","sample_rate_hz":1e999}', 422, "sample_rate_out_of_range", "sample_rate_hz"),
        ('{"prefix":"s3://b/","full_scale":NaN}', 422, "signal_not_finite", "full_scale"),
        ('{"uploads":[{"sample_rate_hz":1e999}]}', 422, "sample_rate_out_of_range", "uploads[0].sample_rate_hz"),
        ('{"recordings":[{"full_scale":1e999}]}', 422, "job_invalid", "recordings[0].full_scale"),
        ('{"signals":[[1,1e999]]}', 422, "signal_not_finite", "signals"),
        ('{"signals":[[1,36893488147419103232]]}', 422, "signal_not_finite", "signals"),
        ('{"signals":[[1,-Infinity]]}', 422, "signal_not_finite", "signals"),
        (f'{{"signals":{"[" * 1100}{"]" * 1100}}}', 400, "malformed_body", None),
        (f'{{"model":{"[" * 100_000}', 400, "malformed_body", None),
        ('{"signals":[[1]],"model":[]}', 422, "invalid_option", "model"),
        (f'{{"signals":[[1]],"model":"{"m" * (LONGEST_TEXT + 1)}"}}', 422, "invalid_option", "model"),
        (f'{{"signals":[[1]],"channel":{"1" * 5_000}}}', 422, "invalid_option", "channel"),
        ('{"signals":[[1]],"conditions":[]}', 422, "invalid_option", "conditions"),
        ('{"signals":[[1]],"conditions":{"load":"1"}}', 422, "invalid_option", "conditions"),
        (f'{{"signals":[[1]],"conditions":{{"{"x" * 65}":1}}}}', 422, "invalid_option", f"conditions.{'x' * 64}"),
        (f'{{"recordings":[{{"channel":"{"1" * 5_000}"}}]}}', 422, "job_invalid", "recordings[0].channel"),
        (f'{{"prefix":"{"p" * 2_000}"}}', 422, "job_invalid", "prefix"),
        (f'{{"{"x" * 100}":1}}', 422, "unknown_option", "x" * 40),
        ('{"\\u0001":1}', 422, "invalid_option", None),
        ('{"signals":[[1]]', 400, "malformed_body", None),
        ('{"signals":[[1]]}}', 400, "malformed_body", None),
        ("[]", 400, "malformed_body", None),
        (" ", 400, "empty_body", None),
        (b'{"signals":[[1]],"model":"\xff"}', 400, "malformed_body", "model"),
        (b'{"uploads":[{"name":"\xff"}]}', 400, "malformed_body", "uploads"),
        (b'{"\xff":1}', 400, "malformed_body", None),
        (b"\xff\xfe{\x00\x00\xd8", 400, "malformed_body", None),
    ],
    ids=range(27),
)  # fmt: skip
async def test_what_cannot_be_read_is_refused_with_its_place(
    jobs: Jobs, body: str | bytes, status: int, code: str, field: str | None
) -> None:
    assert_error(await post(jobs, body), status, code, field)


def test_conditions_of_operation_are_common_to_a_job() -> None:
    read = read_submission(b'{"signals":[[1,2]],"conditions":{"shaft_speed_rpm":1797,"load":0.5}}', MOST)
    assert read.options == {"conditions": {"shaft_speed_rpm": 1797, "load": 0.5}}


def test_a_recording_of_a_job_has_conditions_and_a_bearing_of_its_own() -> None:
    body = b'{"signals":[[1,2]],"recordings":[{"conditions":{"load":0.5},"shaft_speed_rpm":1797,"bearing":"6205"}]}'
    (own,) = read_submission(body, MOST).recordings
    assert own.options() == {"conditions": {"load": 0.5}, "shaft_speed_rpm": 1797, "bearing": "6205"}


@pytest.mark.parametrize(
    ("own", "field"),
    [
        ('{"conditions":{"Load":1}}', "recordings[0].conditions"),
        ('{"conditions":{"load":"1"}}', "recordings[0].conditions[...]"),
        (
            f'{{"conditions":{{{",".join(f"{chr(34)}c{n}{chr(34)}:1" for n in range(17))}}}}}',
            "recordings[0].conditions",
        ),
        ('{"conditions":[1]}', "recordings[0].conditions"),
        (f'{{"bearing":"{"6" * 65}"}}', "recordings[0].bearing"),
    ],
)
async def test_conditions_of_a_recording_are_bounded(jobs: Jobs, own: str, field: str) -> None:
    answer = await post(jobs, f'{{"signals":[[1]],"recordings":[{own}]}}')
    assert (answer.status_code, answer.json()["code"]) == (422, "job_invalid")
    assert answer.json()["field"].startswith(field)


HALVES = [r"\ud800", r"\udc00", r"\ud800\ud800", r"a\udfffb"]
TEXTS = [
    '"model":"%s"',
    '"channel":"%s"',
    '"recorded_at":"%s"',
    '"sample_format":"%s"',
    '"prefix":"%s"',
    '"webhook":{"url":"https://plant.example/","secret":"0123456789abcdef%s"}',
    '"webhook":{"url":"https://plant.example/%s","secret":"0123456789abcdef"}',
    '"uploads":[{"name":"%s","content_type":"audio/wav"}]',
    '"recordings":[{"channel":"%s"}]',
    '"recordings":[{"name":"%s"}]',
    '"%s":1',
]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("text", TEXTS)
async def test_half_of_a_surrogate_pair_is_no_text(jobs: Jobs, text: str, half: str) -> None:
    refused = await post(jobs, '{"signals":[[1]],' + text % half + "}")
    assert "surrogate" in assert_error(refused, 400, "malformed_body", None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32-le"])
def test_a_body_may_be_in_every_encoding_of_unicode(encoding: str) -> None:
    assert read('{"signals":[[1,2]],"model":"Öl 😀"}'.encode(encoding)).options == {"model": "Öl 😀"}


def outcome(body: bytes) -> Submission | int:
    """What is read of a body, or the status with which it is refused."""
    try:
        return read(body)
    except PalierError as error:
        return error.status


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=30)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
NAMES = st.sampled_from([*submission.Submission.__dataclass_fields__, "sample_rate_hz", "channel", "model", "x"])


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_whatever_a_body_holds_it_is_read_or_refused(document: dict[str, Any]) -> None:
    taken = outcome(json.dumps(document).encode())
    if isinstance(taken, Submission):
        stored = json.loads(json.dumps(dict(taken.options), allow_nan=False))
        assert stored == {name: value for name, value in document.items() if name in stored}
    else:
        assert 400 <= taken < 500


@given(st.binary(max_size=60))
def test_whatever_bytes_come_they_are_read_or_refused(body: bytes) -> None:
    for text in (body, b'{"model":"' + body + b'"}', b'{"signals":[' + body + b"]}"):
        taken = outcome(text)
        assert isinstance(taken, Submission) or 400 <= taken < 500


async def post(jobs: Jobs, body: str | bytes) -> Any:
    return await jobs.client.post("/jobs", content=body, headers={"content-type": "application/json"})


@pytest.mark.parametrize("depth", [100, 500, 900, 980, 1000, 1020])
@pytest.mark.parametrize("member", ["signals", "recordings", "uploads", "model", "channel", "webhook"])
async def test_what_is_nested_however_deeply_is_refused(jobs: Jobs, member: str, depth: int) -> None:
    answer = await post(jobs, f'{{"{member}":{"[" * depth}{"]" * depth}}}')
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"\x93NUMPY\x01\0v\0", "npy"),
        (b"time,x\n0.1,0.2\n0.2,0.3\n0.3,0.1\n0.4,0.2\n", "text"),
        (b"PK\3\4aaaa", "zip"),
    ],
)
def test_a_file_in_place_of_a_submission_is_named(body: bytes, name: str) -> None:
    with pytest.raises(MalformedBodyError, match=f"^The body is {name}, not JSON: state files under uploads"):
        read(body)

"""palier diagnose --url, against a real server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from build_scripts.palier_cli.main import main
from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.apps import client_of
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes
from tests.support.servers import serving, unused_port

KEY, STORED = create_key("cli")
NPY_HEADERS = {"content-type": "application/x-npy"}


@pytest.fixture
def url(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """An endpoint that wants a key."""
    store = tmp_path / "keys.json"
    store.write_bytes(write_key_ring(KeyRing(keys=[STORED])))
    locked = replace(settings, api_keys_required=True, api_keys_file=store)
    with serving(create_app(locked)) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture
def high(tmp_path: Path) -> Path:
    path = tmp_path / "high.npy"
    path.write_bytes(npy_bytes(tone(0.5)))
    return path


def diagnose(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, object], str]:
    status = main(["diagnose", "--json", *map(str, arguments)])
    out, err = capsys.readouterr()
    (outcome,) = json.loads(out)["diagnoses"]
    return status, outcome, err


def recordings(*outcomes: dict[str, Any]) -> list[dict[str, Any]]:
    return [outcome["recording"] for outcome in outcomes]


@pytest.mark.parametrize("ending", ["", "/"])
def test_the_endpoint_s_diagnosis_is_reported(
    capsys: pytest.CaptureFixture[str], url: str, high: Path, ending: str
) -> None:
    status, outcome, err = diagnose(capsys, high, "--url", url + ending, "--key", KEY)
    assert (status, err) == (0, "")
    assert (outcome["class_id"], outcome["model"]) == ("high", {"name": "tiny", "version": "10", "precision": "fp32"})


def test_the_file_s_rate_channel_and_scale_are_applied(
    capsys: pytest.CaptureFixture[str], url: str, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(tone(0.125, 4, amplitude=0.01), 8192, "PCM_16"))
    (tmp_path / "a.csv").write_text("DE,FE\n" + csv_text([tone(-0.5), tone(0.5)]))
    wav = diagnose(capsys, tmp_path / "a.wav", "--url", url, "--key", KEY, "--full-scale", "4")[1]
    csv = diagnose(capsys, tmp_path / "a.csv", "--url", url, "--key", KEY, "--channel", "FE")[1]
    assert (wav["class_id"], wav["windows"]) == ("high", 1)
    assert csv["class_id"] == "high"
    read = [
        {name: one[name] for name in ("sample_rate_hz", "sample_rate_source", "channel")}
        for one in recordings(wav, csv)
    ]
    assert read == [
        {"sample_rate_hz": 8192, "sample_rate_source": "file", "channel": "0"},
        {"sample_rate_hz": 2048, "sample_rate_source": "assumed", "channel": "FE"},
    ]


def test_notes_of_the_file_and_of_the_endpoint_are_both_reported(
    capsys: pytest.CaptureFixture[str], url: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("v (in/s)\n" + csv_text([tone(0.5)]))
    _, outcome, _ = diagnose(capsys, tmp_path / "a.csv", "--url", url, "--key", KEY)
    (measured,) = recordings(outcome)
    assert (measured["channel"], measured["unit"]) == ("v (in/s)", "mm/s")
    assert measured["note"] == (
        "The file's samples in in/s were multiplied by 25.4 and are in mm/s. The samples are in mm/s and the model"
        " takes g: they reached it as they are, and its answer may be wrong."
    )


def test_a_unit_that_no_option_takes_is_reported_with_a_note(
    capsys: pytest.CaptureFixture[str], url: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a (V)\n" + csv_text([tone(0.5)]))
    _, outcome, _ = diagnose(capsys, tmp_path / "a.csv", "--url", url, "--key", KEY)
    (measured,) = recordings(outcome)
    assert (measured["unit"], measured["note"]) == (
        "V",
        "The samples are in V, which was not sent: they reached the endpoint's model as they are, and its answer is"
        " right only where the model takes V or any unit.",
    )


def test_channels_of_several_units_each_have_a_note(
    capsys: pytest.CaptureFixture[str], url: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("A (g),B (m/s2),C\n" + csv_text([tone(-0.5), tone(0.5), tone(0.2)]))
    answer = diagnose(capsys, tmp_path / "a.csv", "--url", url, "--key", KEY, "--channel", "all")[1]
    read = recordings(*answer["predictions"])  # type: ignore[misc]
    assert [one["unit"] for one in read] == ["g", "m/s2", None]
    assert [one.get("note", "").split(",")[0] for one in read] == [
        "The samples are in g",
        "The samples are in m/s2",
        "",
    ]


def test_every_channel_is_answered_under_its_name(capsys: pytest.CaptureFixture[str], url: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("DE (g),FE (g)\n" + csv_text([tone(-0.5), tone(0.5)]))
    answer = diagnose(capsys, tmp_path / "a.csv", "--url", url, "--key", KEY, "--channel", "all")[1]
    assert answer["channels"] == ["DE (g)", "FE (g)"]
    read = recordings(*answer["predictions"])  # type: ignore[misc]
    assert [(one["channel"], one["unit"]) for one in read] == [("DE (g)", "g"), ("FE (g)", "g")]
    assert answer["worst"] in ({"index": 0, "channel": "DE (g)"}, {"index": 1, "channel": "FE (g)"})


def test_a_dead_channel_keeps_its_name(capsys: pytest.CaptureFixture[str], url: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("A,B,C\n" + csv_text([tone(-0.5), 0 * tone(), tone(0.5)]))
    status, answer, _ = diagnose(capsys, tmp_path / "a.csv", "--url", url, "--key", KEY, "--channel", "all")
    assert (status, answer["channels"]) == (0, ["A", "C"])
    assert answer["worst"] in ({"index": 0, "channel": "A"}, {"index": 1, "channel": "C"})
    unusable: Any = answer["unusable"]
    assert [(one["index"], one["channel"]) for one in unusable] == [(1, "B")]


def test_a_rate_at_odds_with_the_file_s_is_refused_before_it_is_asked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(wav_bytes(tone(0.5), 2048))
    nowhere = f"http://127.0.0.1:{unused_port()}"
    status, outcome, err = diagnose(capsys, tmp_path / "a.wav", "--url", nowhere, "--sample-rate-hz", "4096")
    assert (status, outcome["code"]) == (2, "sample_rate_contradicts")
    assert "`sample_rate_hz` is 4096 Hz, but the file states 2048 Hz" in err


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ((), "answered 401: This endpoint needs an API key in the header X-API-Key."),
        (("--key", KEY[:-4] + "AAAA"), "answered 401: The API key is not valid."),
        (("--key", KEY, "--model", "absent"), "answered 404: There is no model 'absent'"),
    ],
    ids=["no key", "wrong key", "no model"],
)
def test_a_refusal_is_reported_in_the_endpoint_s_words(
    capsys: pytest.CaptureFixture[str], url: str, high: Path, key: tuple[str, ...], sentence: str
) -> None:
    status, outcome, err = diagnose(capsys, high, "--url", url, *key)
    assert (status, outcome["code"]) == (2, "endpoint_error")
    assert err.startswith(f"palier: {high}: {url} {sentence}")
    assert KEY not in err


def test_an_endpoint_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str], high: Path) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    status, outcome, err = diagnose(capsys, high, "--url", url)
    assert (status, outcome["code"]) == (2, "endpoint_error")
    assert err.startswith(f"palier: {high}: {url} does not answer (ConnectError): check the URL")
    assert err.count("\n") == 1


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://127.0.0.1", "http://127.0.0.1:99999"])
def test_what_is_no_url_is_one_line(capsys: pytest.CaptureFixture[str], high: Path, url: str) -> None:
    status, _, err = diagnose(capsys, high, "--url", url)
    assert status == 2
    assert err.startswith(f"palier: {high}: {url} does not answer (")


async def page(_: Request) -> Response:
    return PlainTextResponse("<html>")


async def other_json(_: Request) -> Response:
    return JSONResponse({"ok": True})


async def json_list(_: Request) -> Response:
    return JSONResponse([1], status_code=502)


async def other_diagnosis(_: Request) -> Response:
    return JSONResponse({"class_id": "high", "confidence": "very"})


@pytest.mark.parametrize("answer", [page, other_json, json_list, other_diagnosis])
def test_another_service_at_the_address_is_no_diagnosis(
    capsys: pytest.CaptureFixture[str], high: Path, answer: object
) -> None:
    app = Starlette(routes=[Route("/predict", answer, methods=["POST"])])  # type: ignore[arg-type]
    with serving(app) as (host, port):
        status, outcome, err = diagnose(capsys, high, "--url", f"http://{host}:{port}")
    assert (status, outcome["code"]) == (2, "endpoint_error")
    assert "not as Palier does" in err


def test_what_an_endpoint_names_is_printed_harmlessly(
    capsys: pytest.CaptureFixture[str], settings: Settings, high: Path
) -> None:
    inner = create_app(settings)

    async def renamed(request: Request) -> Response:
        async with client_of(inner) as client:
            answer = await client.post("/predict", content=await request.body(), headers=NPY_HEADERS)
        return JSONResponse(answer.json() | {"class_name": "\x1b[31mhigh", "probabilities": {"\x1b]0;x\x07": 1.0}})

    app = Starlette(routes=[Route("/predict", renamed, methods=["POST"])])
    with serving(app) as (host, port):
        assert main(["diagnose", str(high), "--url", f"http://{host}:{port}"]) == 0
    out = capsys.readouterr().out
    assert r"\x1b[31mhigh" in out
    assert r"\x1b]0;x\x07" in out
    assert "\x1b" not in out

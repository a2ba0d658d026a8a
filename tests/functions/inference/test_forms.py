"""POST /predict with a form: one file, options as fields."""

import json

import httpx
import pytest

from tests.support.apps import assert_error
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes

FILES = {
    "a.wav": wav_bytes(tone(0.5)),
    "a.NPY": npy_bytes(tone(0.5)),
    "a.csv": csv_text([tone(0.5)]).encode(),
    "a.f32": tone(0.5).tobytes(),
    "a.json": json.dumps({"signal": tone(0.5).tolist()}).encode(),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("declared", ["application/octet-stream", "application/x-what"])
async def test_a_file_is_read_by_its_name(client: httpx.AsyncClient, name: str, declared: str) -> None:
    answer = await client.post("/predict", files={"file": (name, FILES[name], declared)})
    assert (answer.status_code, answer.json()["class_id"]) == (200, "high")


async def test_a_type_that_is_known_goes_before_the_name(client: httpx.AsyncClient) -> None:
    answer = await client.post("/predict", files={"file": ("a.wav", FILES["a.csv"], "application/vnd.ms-excel")})
    assert answer.json()["class_id"] == "high"


async def test_fields_are_options_and_the_query_goes_before_them(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/predict",
        files={"file": ("a.csv", FILES["a.csv"])},
        data={"asset_id": "pump-7", "return_top_k": "2", "channel": ""},
        params={"return_top_k": "1"},
    )
    assert (answer.json()["asset_id"], list(answer.json()["probabilities"])) == ("pump-7", ["high"])


async def test_an_option_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/predict", files={"file": ("a.csv", FILES["a.csv"])}, data={"asset": "x"})
    assert_error(answer, 422, "unknown_option", "asset")


async def test_a_file_of_no_known_kind_is_a_415(client: httpx.AsyncClient) -> None:
    answer = await client.post("/predict", files={"file": ("a.docx", b"PK", "application/msword")})
    assert_error(answer, 415, "unsupported_media_type", "Content-Type")


async def test_a_form_without_a_file_is_a_400(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/predict", content=b"--X--\r\n", headers={"content-type": "multipart/form-data; boundary=X"}
    )
    assert_error(answer, 400, "malformed_body", "file")

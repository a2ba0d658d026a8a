"""The jobs function's part of the OpenAPI document is the file, and true of real answers."""

import json
from typing import Any

import jsonschema
import pytest

from functions.core.decoding.formats import FILE_MEDIA_TYPES, SERVED_FORMATS
from functions.core.settings import Settings
from functions.inference.openapi import openapi_document
from functions.jobs.app import create_app
from functions.jobs.openapi import FILE, jobs_part
from tests.support.apps import JSON, every_route
from tests.support.jobs import Jobs, signal

DOCUMENT = openapi_document()


def check(value: Any, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema | {"components": DOCUMENT["components"]}).validate(value)


def test_the_file_is_what_the_code_says() -> None:
    assert json.loads(FILE.read_text()) == jobs_part()


def test_its_paths_are_the_routes(job_settings: Settings) -> None:
    routes = {
        (route.path, method.lower())
        for route in every_route(create_app(job_settings))
        for method in (route.methods or set()) - {"HEAD"}
    }
    paths = jobs_part()["paths"]
    assert {(path, method) for path, operations in paths.items() for method in operations} == routes


def test_an_upload_may_have_every_format_of_the_table_and_its_options() -> None:
    members = jobs_part()["schemas"]["UploadedFile"]["properties"]
    assert members["content_type"]["enum"] == sorted(FILE_MEDIA_TYPES)
    assert {option for one in SERVED_FORMATS for option in one.options} <= set(members)


def test_two_parts_mean_the_same_by_the_same_name() -> None:
    own = {"tags", "paths", "schemas"}
    assert set(jobs_part()) == own
    for name, schema in jobs_part()["schemas"].items():
        assert DOCUMENT["components"]["schemas"][name] == schema, name


async def test_real_answers_are_what_it_says(jobs: Jobs) -> None:
    body = {"signals": [signal("high"), signal("flat")], "recordings": [{"asset_id": "press-4"}, {"name": "b"}]}
    hook = {"webhook": {"url": "https://plant.example/", "secret": "a secret of the plant"}}
    submit = DOCUMENT["paths"]["/jobs"]["post"]
    for document in (body | hook, {"uploads": [{"name": "a.wav", "content_type": "audio/wav"}]}):
        check(document, submit["requestBody"]["content"][JSON]["schema"])
        answer = await jobs.post(document)
        assert answer.status_code == 202
        check(answer.json(), submit["responses"]["202"]["content"][JSON]["schema"])
    jobs.work()
    done = next(job["job_id"] for job in (await jobs.get("/jobs"))["jobs"] if job["source"] == "inline")
    for path, documented, query in (
        ("/jobs", "/jobs", {}),
        (f"/jobs/{done}", "/jobs/{job_id}", {}),
        (f"/jobs/{done}/results", "/jobs/{job_id}/results", {}),
        (f"/jobs/{done}/results", "/jobs/{job_id}/results", {"download": "csv"}),
        ("/assets", "/assets", {}),
        ("/assets/press-4/history", "/assets/{asset_id}/history", {}),
    ):
        schema = DOCUMENT["paths"][documented]["get"]["responses"]["200"]["content"][JSON]["schema"]
        check(await jobs.get(path, **query), schema)


@pytest.mark.parametrize("document", [{}, {"signals": [[1.0]], "prefix": "s3://b/"}, {"signals": [[1.0]], "more": 1}])
def test_a_submission_is_of_one_way(document: dict[str, Any]) -> None:
    schema = DOCUMENT["paths"]["/jobs"]["post"]["requestBody"]["content"][JSON]["schema"]
    with pytest.raises(jsonschema.ValidationError):
        check(document, schema)


def parameter(path: str, name: str) -> dict[str, Any]:
    operation = DOCUMENT["paths"][path]["get"]
    found: dict[str, Any] = next(one["schema"] for one in operation["parameters"] if one["name"] == name)
    return found


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        ("/jobs", "2026-01-31T12:00:00.000000Z~" + "0" * 32, ["", "x", "1"]),
        ("/jobs/{job_id}/results", 3, ["", "x", -1, 10**9]),
        ("/assets", "press-4", ["", "a b", "-a"]),
        ("/assets/{asset_id}/history", "2026-01-31T12:00:00.000000Z#a", ["", "x"]),
    ],
)
async def test_a_cursor_is_one_that_a_page_gives(jobs: Jobs, path: str, good: Any, bad: list[Any]) -> None:
    check(good, parameter(path, "cursor"))
    at = path.format(job_id="0" * 32, asset_id="a")
    for value in bad:
        response = await jobs.client.get(at, params={"cursor": value})
        assert (response.status_code, response.json()["field"]) == (422, "cursor")
        with pytest.raises(jsonschema.ValidationError):
            check(value, parameter(path, "cursor"))


@pytest.mark.parametrize(
    "document",
    [
        {"prefix": ""},
        {"prefix": "s3://bucket"},
        {"uploads": []},
        {"signals": []},
        {"uploads": [{"name": "a.wav", "content_type": "audio/wav", "recorded_at": "", "asset_id": ""}]},
        {"uploads": [{"name": "a.wav", "content_type": "audio/wav", "full_scale": 0}]},
        {"uploads": [{"name": "a.wav", "content_type": "audio/wav", "sample_rate_hz": -1}]},
    ],
)
async def test_what_is_always_refused_is_none_of_its_submissions(jobs: Jobs, document: dict[str, Any]) -> None:
    assert (await jobs.post(document)).status_code == 422
    with pytest.raises(jsonschema.ValidationError):
        check(document, DOCUMENT["paths"]["/jobs"]["post"]["requestBody"]["content"][JSON]["schema"])

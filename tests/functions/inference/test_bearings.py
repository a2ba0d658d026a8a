"""GET /bearings, and shaft speed and bearing through /predict and /predict/batch."""

from typing import Any

import httpx
import pytest

from functions.core.bearings.catalogue import read_catalogue
from functions.core.preprocessing.arrays import Float32Array
from tests.support.apps import assert_error, post_json
from tests.support.bearings import RATE_HZ, impacts, noise
from tests.support.recordings import wav_bytes

OUTER = impacts(1, 3.5848 * 30) + 0.7 * noise(1)


def listed(samples: Float32Array) -> list[float]:
    """Samples as short text."""
    rounded: list[float] = samples.astype(float).round(2).tolist()
    return rounded


BODY = {"signal": listed(OUTER), "sample_rate_hz": RATE_HZ}


async def test_the_catalogue_is_found_in_by_a_part_of_a_designation(client: httpx.AsyncClient) -> None:
    response = await client.get("/bearings", params={"q": "6205"})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=86400"
    answer = response.json()
    assert answer["total"] == len(read_catalogue().bearings)
    assert [one["designation"] for one in answer["bearings"]] == ["6205", "NSK 6205", "SKF 6205-2Z"]
    first = answer["bearings"][0]
    assert first.pop("source").startswith("Case Western Reserve University")
    assert first == {
        "designation": "6205",
        "aliases": ["6205-2RS JEM SKF"],
        "kind": "deep groove ball",
        "rolling_elements": 9,
        "bpfo_order": 3.5848,
        "bpfi_order": 5.4152,
        "bsf_order": 2.35675,
        "ftf_order": 0.39828,
    }


async def test_nothing_asked_lists_all_and_nothing_found_none(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/bearings")).json()["bearings"]) == len(read_catalogue().bearings)
    assert (await client.get("/bearings", params={"q": "no such"})).json()["bearings"] == []


async def test_too_long_a_question_is_refused_and_not_kept(client: httpx.AsyncClient) -> None:
    response = await client.get("/bearings", params={"q": "6" * 65})
    assert_error(response, 422, "invalid_option", "q")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "stated",
    [
        {"bearing": "6205"},
        {"bearing": 6205},
        {"bpfo_order": 3.5848, "bpfi_order": 5.4152},
        {"rolling_elements": 9, "element_diameter": 0.3126, "pitch_diameter": 1.537},
        {"bearing": "SKF 6205-2RS", "rolling_elements": 9, "element_diameter": 7.94, "pitch_diameter": 39.04},
    ],
)
async def test_an_answer_shows_its_evidence(client: httpx.AsyncClient, stated: dict[str, Any]) -> None:
    answer = (await post_json(client, "/predict", {**BODY, "shaft_speed_rpm": 1800, **stated})).json()
    assert answer["shaft_speed_used_rpm"] == 1800
    assert answer["evidence_agrees"] is None
    first, *others = answer["evidence"]
    assert (first["name"], first["supports"]) == ("BPFO", "outer_race")
    assert first["order"] == pytest.approx(3.585, abs=1e-3)
    assert first["frequency_hz"] == pytest.approx(107.5, rel=0.01)
    assert [one["n"] for one in first["harmonics"]] == [1, 2, 3, 4, 5, 6]
    assert first["harmonics"][0]["level_db"] > 10
    assert [(one["name"], one["supports"]) for one in others] == [("BPFI", None), ("BSF", None), ("FTF", None)]


async def test_the_query_states_them_for_a_file(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/predict?shaft_speed_rpm=1800&bearing=6205",
        content=wav_bytes(OUTER / 8, RATE_HZ),
        headers={"content-type": "audio/wav"},
    )
    assert answer.json()["evidence"][0]["supports"] == "outer_race"


async def test_an_answer_without_them_has_no_evidence(client: httpx.AsyncClient) -> None:
    answer = (await post_json(client, "/predict", BODY)).json()
    assert not {"evidence", "evidence_agrees", "shaft_speed_used_rpm"} & answer.keys()


async def test_a_batch_has_evidence_for_each(client: httpx.AsyncClient) -> None:
    body = {"signals": [listed(OUTER), listed(noise(1))], "sample_rate_hz": RATE_HZ}
    answer = (await post_json(client, "/predict/batch", {**body, "shaft_speed_rpm": 1800, "bearing": "6205"})).json()
    first, second = answer["predictions"]
    assert [one["evidence"][0]["supports"] for one in (first, second)] == ["outer_race", None]
    assert "evidence_note" not in first
    assert second["evidence_note"] == (
        "No line of this bearing is visible: it may be well, or have a fault that leaves none; a wrong speed, rate or"
        " bearing hides all lines as well."
    )


async def test_the_lines_of_a_shaft_say_nothing_of_a_bearing(client: httpx.AsyncClient) -> None:
    body = {"signal": listed(noise(1)), "sample_rate_hz": RATE_HZ, "shaft_speed_rpm": 1800}
    answer = (await post_json(client, "/predict", body)).json()
    assert answer["evidence"][0]["name"] == "1X"
    assert "evidence_note" not in answer


@pytest.mark.parametrize(
    ("stated", "code", "field"),
    [
        ({"bearing": "6205"}, "condition_missing", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": "fast", "bearing": "6205"}, "invalid_option", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": 0, "bearing": "6205"}, "invalid_option", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": 1800, "bearing": "62O5"}, "unknown_bearing", "bearing"),
        ({"shaft_speed_rpm": 1800, "bearing": "6203", "bpfo_order": 3.58, "bpfi_order": 5.42}, "bearing_contradicts",
         "bpfo_order"),
        ({"shaft_speed_rpm": 100_000, "bearing": "6205"}, "fault_frequency_out_of_band", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": 200, "bearing": "6205"}, "too_few_turns", "signal"),
        ({"shaft_speed_rpm": 1800, "rolling_elements": 9.5}, "invalid_option", "rolling_elements"),
        ({"shaft_speed_rpm": 1800, "contact_angle_deg": 90}, "invalid_option", "contact_angle_deg"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(
    client: httpx.AsyncClient, stated: dict[str, Any], code: str, field: str
) -> None:
    assert_error(await post_json(client, "/predict", {**BODY, **stated}), 422, code, field)

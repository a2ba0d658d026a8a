"""The shipped model any-bearing in a job: conditions of each recording, evidence in every result."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from functions.core.aws.clients import s3_client
from functions.core.settings import Settings
from tests.support.aws import BUCKET
from tests.support.bearings import RATE_HZ, noise, outer_race
from tests.support.jobs import Jobs, running_jobs

MODELS = Path(__file__).resolve().parents[3] / "layers" / "models"


@pytest.fixture
async def shipped(job_settings: Settings) -> AsyncIterator[Jobs]:
    async with running_jobs(replace(job_settings, models_dir=MODELS, default_model="journal-bearing")) as jobs:
        yield jobs


async def test_recordings_of_bearings_are_answered_by_any_bearing(shipped: Jobs) -> None:
    signals = [one.astype(float).round(2).tolist() for one in (outer_race(2), noise(2), outer_race(2))]
    recordings = [
        {"name": "drive", "bearing": "6205"},
        {"name": "quiet", "bearing": "6205"},
        {"name": "fan", "bearing": "6203"},
    ]
    stated = {"sample_rate_hz": RATE_HZ, "shaft_speed_rpm": 1800}
    response = await shipped.post({"signals": signals, "recordings": recordings, **stated})
    assert response.status_code == 202, response.text
    shipped.work()
    job_id = response.json()["job_id"]
    assert await shipped.classes(job_id) == ["outer_race", "normal", "normal"]
    table = s3_client().get_object(Bucket=BUCKET, Key=f"jobs/{job_id}/results.csv")["Body"].read()
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    assert [(one["model"], one["evidence_supports"], one["evidence_agrees"]) for one in rows] == [
        ("any-bearing", "outer_race", "True"),
        ("any-bearing", "", ""),
        ("any-bearing", "", ""),
    ]

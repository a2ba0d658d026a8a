"""The recordings of a part: a bad one gets a failed result, a failure of the service is raised."""

from pathlib import Path
from typing import Any

import pytest

from functions.core.errors import DependencyUnavailableError, ModelUnavailableError, RecordingMissingError
from functions.core.jobs.messages import PlannedRecording
from functions.core.jobs.results import RecordingResult, read_lines, write_lines
from functions.core.models.pipeline import Diagnoser, create_diagnoser
from functions.core.settings import Settings
from functions.worker.fetching import Fetcher
from functions.worker.recordings import RecordingReader
from tests.conftest import MakeSettings
from tests.support.bearings import RATE_HZ, impacts, noise
from tests.support.costs import peak_bytes
from tests.support.packages import write_conditioned
from tests.support.recordings import csv_text, npy_with_header, tone

RAW = "application/octet-stream"


class Files:
    """Files that are all one tone; notes what is fetched."""

    def __init__(
        self, events: list[str], failure: Exception | None = None, content: bytes = tone(0.5).tobytes()
    ) -> None:
        self.events = events
        self.failure = failure
        self.content = content

    def get(self, key: str, limit_bytes: int) -> bytes:
        self.events.append(f"fetch {key}")
        if self.failure is not None and key == "1":
            raise self.failure
        return self.content


def planned(count: int) -> list[PlannedRecording]:
    return [PlannedRecording(index, f"name {index}", str(index), RAW) for index in range(count)]


def reader(settings: Settings, files: Files, diagnoser: Any = None) -> RecordingReader:
    return RecordingReader(Fetcher(files, 1_000_000), diagnoser or create_diagnoser(settings))  # type: ignore[arg-type]


def test_results_are_as_of_predict(settings: Settings) -> None:
    results = list(reader(settings, Files([])).results("job", planned(2), {"return_top_k": 1}))
    assert [result.index for result in results] == [0, 1]
    first = results[0].diagnosis
    assert first is not None
    assert (first.class_id, first.request_id, list(first.probabilities or {})) == ("high", "job-0", ["high"])


def test_conditions_of_a_job_reach_the_model_and_a_missing_one_is_named(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(models_dir=write_conditioned(tmp_path), default_model="tiny-speed")
    given = {"conditions": {"shaft_speed_rpm": 4000}}
    (right,) = reader(settings, Files([])).results("job", planned(1), given)
    assert right.diagnosis is not None
    assert right.diagnosis.conditions == {"shaft_speed_rpm": 4000, "load": 0.5}
    (missing,) = reader(settings, Files([])).results("job", planned(1), {})
    assert missing.error is not None
    assert (missing.error.code, missing.error.field) == ("condition_missing", "conditions.shaft_speed_rpm")


def test_a_recording_s_conditions_stand_before_the_job_s_name_by_name(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(models_dir=write_conditioned(tmp_path), default_model="tiny-speed")
    own = PlannedRecording(0, "a", "0", RAW, options={"conditions": {"shaft_speed_rpm": 4000}})
    given = {"conditions": {"shaft_speed_rpm": 1000, "load": 1.0}}
    (first, second) = reader(settings, Files([])).results("job", [own, *planned(2)[1:]], given)
    assert first.diagnosis is not None
    assert first.diagnosis.conditions == {"shaft_speed_rpm": 4000, "load": 1.0}
    assert second.diagnosis is not None
    assert second.diagnosis.conditions == {"shaft_speed_rpm": 1000, "load": 1.0}


def test_a_job_s_recording_shows_its_evidence(settings: Settings) -> None:
    own = PlannedRecording(0, "a", "0", RAW, options={"shaft_speed_rpm": 1800, "bearing": "6205"})
    content = (impacts(2, 3.5848 * 30) + noise(2)).tobytes()
    (result,) = reader(settings, Files([], content=content)).results("job", [own], {"sample_rate_hz": RATE_HZ})
    assert result.diagnosis is not None
    assert result.diagnosis.evidence
    assert [one.supports for one in result.diagnosis.evidence] == ["outer_race", None, None, None]
    assert read_lines(write_lines([result])) == [result]


def test_a_missing_file_is_a_result_of_its_own(settings: Settings) -> None:
    files = Files([], RecordingMissingError("There is no '1'."))
    results = list(reader(settings, files).results("job", planned(3), {}))
    assert [result.state for result in results] == ["succeeded", "failed", "succeeded"]
    error = results[1].error
    assert error is not None
    assert (error.code, error.request_id) == ("recording_missing", "job-1")


@pytest.mark.parametrize("failure", [DependencyUnavailableError("away"), ModelUnavailableError("broken")])
def test_what_is_no_fault_of_the_recording_is_raised(settings: Settings, failure: Exception) -> None:
    with pytest.raises(type(failure)):
        list(reader(settings, Files([], failure)).results("job", planned(3), {}))


def test_one_recording_s_options_go_before_the_job_s(settings: Settings) -> None:
    own = PlannedRecording(0, "a", "0", RAW, options={"asset_id": "press-4", "model": "absent"})
    (result,) = reader(settings, Files([])).results("job", [own], {"asset_id": "pump-1"})
    assert result.error is not None
    assert result.error.code == "model_not_found"


def test_a_diagnoser_is_shared(settings: Settings) -> None:
    diagnoser: Diagnoser = create_diagnoser(settings)
    assert reader(settings, Files([]), diagnoser).diagnoser is diagnoser


@pytest.mark.parametrize("shape", ["(100000000, 0)", "(1600, 1250)"])
def test_a_file_of_many_rows_is_a_result_of_its_own_and_takes_no_memory(settings: Settings, shape: str) -> None:
    """128 bytes that once took all memory of the worker."""
    content = npy_with_header(
        f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}",
        b"\0" * (8_000_000 if "1250)" in shape else 0),
    )
    files = Files([], content=content)
    recordings = [PlannedRecording(0, "name", "0", "application/x-npy")]
    one = RecordingReader(Fetcher(files, 10_000_000), create_diagnoser(settings))  # type: ignore[arg-type]
    results: list[RecordingResult] = []
    assert peak_bytes(lambda: results.extend(one.results("job", recordings, {"channel": "0"}))) < 2_000_000
    assert [result.error.code for result in results if result.error] == ["signal_shape"] * 2


@pytest.mark.parametrize("channel", ["9" * 5000, "0" * 5000])
def test_a_channel_of_thousands_of_digits_is_a_result_of_its_own(settings: Settings, channel: str) -> None:
    (result,) = reader(settings, Files([])).results("job", planned(1), {"channel": channel})
    assert result.error is not None
    assert (result.error.code, result.error.field) == ("signal_shape", "channel")


def test_every_channel_of_a_recording_is_one_result(settings: Settings) -> None:
    files = Files([], content=b"x,y\n" + csv_text([tone(0.0), tone(0.5)]).encode())
    one = PlannedRecording(0, "a.csv", "0", "text/csv")
    (result,) = reader(settings, files).results("job", [one], {"channel": "all"})
    assert result.channels
    assert [answer.class_id for answer in result.channels.predictions] == ["centred", "high"]
    assert result.diagnosis == result.channels.of_worst
    assert read_lines(write_lines([result])) == [result]


def test_a_dead_channel_is_named_in_its_result(settings: Settings) -> None:
    files = Files([], content=b"x,y\n" + csv_text([tone(0.5), 0 * tone()]).encode())
    one = PlannedRecording(0, "a.csv", "0", "text/csv")
    (result,) = reader(settings, files).results("job", [one], {"channel": "all"})
    assert result.channels
    assert [answer.class_id for answer in result.channels.predictions] == ["high"]
    assert result.channels.unusable
    assert [(one.index, one.channel, one.code) for one in result.channels.unusable] == [(1, "y", "signal_constant")]
    assert read_lines(write_lines([result])) == [result]

"""The log lines of metrics, checked against CloudWatch's specification."""

import io
from typing import Any

import pytest
from jsonschema import ValidationError

from functions.core.observability.emf import NAMESPACE, EmfSink
from functions.core.observability.metrics import Finding, RequestMetrics, Tally
from functions.core.observability.telemetry import request_id_var
from tests.support.emf import metric_names, read_line, series
from tests.support.metrics import OIL_WHIRL, WEAR, diagnosed, request

FUNCTION = (("Stage", "prod"), ("Function", "inference"))
ROLLING = Finding("rolling-bearing", "normal")


def lines(*requests: RequestMetrics) -> str:
    stream = io.StringIO()
    sink = EmfSink("prod", "inference", stream, clock=lambda: 1_700_000_000.1234)
    for one in requests:
        sink.record(one)
    return stream.getvalue()


def test_a_request_is_one_line_of_the_specification() -> None:
    text = lines(request(cold_start=True, memory_percent=41.237))
    assert text.count("\n") == 1
    document = read_line(text)
    assert document["_aws"]["Timestamp"] == 1_700_000_000_123
    assert {one["Namespace"] for one in document["_aws"]["CloudWatchMetrics"]} == {NAMESPACE}
    assert series(text) == {
        ("Requests", FUNCTION): 1,
        ("Requests", (*FUNCTION, ("Endpoint", "index"))): 1,
        ("ClientErrors", FUNCTION): 0,
        ("ServerErrors", FUNCTION): 0,
        ("Throttled", FUNCTION): 0,
        ("ColdStart", FUNCTION): 1,
        ("Latency", FUNCTION): 12.5,
        ("MemoryUsed", FUNCTION): 41.24,
    }


def test_units() -> None:
    units = {
        metric["Name"]: metric["Unit"]
        for directive in read_line(lines(diagnosed(WEAR)))["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    assert (units["Latency"], units["InferenceTime"], units["Requests"]) == ("Milliseconds", "Milliseconds", "Count")


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (0, set()),
        (200, set()),
        (202, set()),
        (304, set()),
        (401, {"ClientErrors"}),
        (429, {"ClientErrors", "Throttled"}),
        (500, {"ServerErrors"}),
        (503, {"ServerErrors"}),
    ],
)
def test_status_classes(status: int, counted: set[str]) -> None:
    sums = series(lines(request(status=status)))
    assert {name for name in ("ClientErrors", "ServerErrors", "Throttled") if sums[(name, FUNCTION)] == 1} == counted
    assert sums[("Requests", FUNCTION)] == 1


def test_a_diagnosis_stands_on_the_request_s_line() -> None:
    text = lines(diagnosed(WEAR, novel=(WEAR,)))
    assert text.count("\n") == 1
    sums = series(text)
    model = (("Stage", "prod"), ("Model", "journal-bearing"))
    assert sums[("Diagnoses", (*model, ("Class", "wear")))] == sums[("Diagnoses", FUNCTION)] == 1
    assert sums[("NovelDiagnoses", model)] == sums[("NovelDiagnoses", FUNCTION)] == 1
    assert sums[("InferenceTime", model)] == sums[("InferenceTime", FUNCTION)] == 2.0
    assert sums[("Windows", FUNCTION)] == 1


def test_a_batch_has_a_line_for_each_class_and_is_one_request() -> None:
    text = lines(diagnosed(WEAR, WEAR, OIL_WHIRL, ROLLING, novel=(OIL_WHIRL,)))
    assert text.count("\n") == 3
    sums = series(text)
    assert sums[("Requests", FUNCTION)] == 1
    assert sums[("Diagnoses", FUNCTION)] == 4
    assert sums[("NovelDiagnoses", FUNCTION)] == 1
    assert sums[("InferenceTime", FUNCTION)] == 2.0
    classes = {
        dict(dimensions)["Class"]: count for (_, dimensions), count in sums.items() if "Class" in dict(dimensions)
    }
    assert classes == {"wear": 2, "oil_whirl": 1, "normal": 1}


def test_what_is_rare_is_left_out_until_it_happens() -> None:
    rare = {
        "ModelNotLoaded",
        "KeyStoreFailures",
        "Windows",
        "InferenceTime",
        "Diagnoses",
        "NovelDiagnoses",
        "MemoryUsed",
    }
    assert rare.isdisjoint(name for name, _ in series(lines(request())))
    sums = series(lines(request(status=503, tally=Tally(models_not_loaded=1, key_store_failures=1))))
    assert sums[("ModelNotLoaded", FUNCTION)] == sums[("KeyStoreFailures", FUNCTION)] == 1


def test_the_line_finds_the_access_log() -> None:
    token = request_id_var.set("abc")
    try:
        document = read_line(lines(request(status=404)))
    finally:
        request_id_var.reset(token)
    assert (document["request_id"], document["status"], document["Endpoint"]) == ("abc", 404, "index")


def test_standard_output_of_the_moment_is_written_to(capsys: pytest.CaptureFixture[str]) -> None:
    EmfSink("dev", "inference").record(request())
    (line,) = capsys.readouterr().out.splitlines()
    assert read_line(line)["Stage"] == "dev"


def test_the_largest_batch_stays_within_one_event() -> None:
    findings = [Finding("m" * 128, f"class-{index}") for index in range(128)]
    text = lines(diagnosed(*findings))
    assert series(text)[("Diagnoses", FUNCTION)] == 128


@pytest.mark.parametrize(
    "broken",
    [
        '{"Requests": 1}',
        '{"_aws": {"Timestamp": 1.5, "CloudWatchMetrics": []}}',
        '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [["S"]]}]}, "S": "x"}',
        '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [["S"]],'
        ' "Metrics": [{"Name": "M", "Unit": "ms"}]}]}, "S": "x", "M": 1}',
    ],
)
def test_the_check_can_fail(broken: str) -> None:
    with pytest.raises(ValidationError):
        read_line(broken)


def test_a_dimension_or_value_of_the_wrong_kind_is_found() -> None:
    document: dict[str, Any] = read_line(lines(request()))
    assert metric_names(lines(request())) >= {("Requests", ("Stage", "Function", "Endpoint"))}
    for name, value in (("Stage", 1), ("Requests", "1")):
        with pytest.raises(AssertionError):
            read_line(str({**document, name: value}).replace("'", '"').replace("None", "null"))

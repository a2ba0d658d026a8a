"""The metrics that alarms and dashboard read are those that the functions write."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from cdk.constructs.observability.stage_metrics import NAMESPACE, PalierDimension, PalierMetric
from cdk.functions import INFERENCE
from functions.core.observability import emf
from functions.core.observability.metrics import Tally
from tests.cdk.monitored_stage import Name, template
from tests.support.emf import metric_names
from tests.support.metrics import WEAR, diagnosed, request

STAGES: list[Name] = ["prod", "dev"]
PAGE = (Path(__file__).resolve().parents[4] / "docs" / "observability.md").read_text()
Written = set[tuple[str, tuple[str, ...]]]


@pytest.fixture(scope="module")
def written() -> Written:
    """Every metric that a function can write, with its dimensions in alphabetical order."""
    stream = io.StringIO()
    sink = emf.EmfSink("prod", INFERENCE.name, stream)
    sink.record(diagnosed(WEAR))
    sink.record(request(memory_percent=50.0, tally=Tally(models_not_loaded=1, key_store_failures=1, history_lost=1)))
    return {(name, tuple(sorted(dimensions))) for name, dimensions in metric_names(stream.getvalue())}


def alarmed(value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Palier's metrics of the alarms anywhere within a value."""
    if isinstance(value, dict):
        if value.get("Namespace") == NAMESPACE:
            yield value["MetricName"], tuple(sorted(one["Name"] for one in value["Dimensions"]))
        for inner in value.values():
            yield from alarmed(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from alarmed(inner)


def shown(stage: Name) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Palier's metrics of the dashboard."""
    text = json.dumps(template(stage)).replace("\\", "")
    for name, dimensions in re.findall(rf'\["{NAMESPACE}","(\w+)",((?:"\w+","\w+",?)+)', text):
        yield name, tuple(sorted(dimensions.replace('"', "").split(",")[0::2]))[-2:]
    for dimensions, name in re.findall(rf"{{{NAMESPACE},([\w,]+)}} MetricName=\"(\w+)\"", text):
        yield name, tuple(sorted(dimensions.split(",")))


def test_the_namespace_is_the_functions() -> None:
    assert NAMESPACE == emf.NAMESPACE


def test_every_name_that_can_be_read_is_written(written: Written) -> None:
    assert set(get_args(PalierMetric)) <= {name for name, _ in written}
    assert set(get_args(PalierDimension)) == {one for _, dimensions in written for one in dimensions}


@pytest.mark.parametrize("stage", STAGES)
def test_every_metric_of_an_alarm_is_written(stage: Name, written: Written) -> None:
    found = set(alarmed(template(stage)))
    assert len(found) >= 8
    assert found <= written


@pytest.mark.parametrize("stage", STAGES)
def test_every_metric_of_the_dashboard_is_written(stage: Name, written: Written) -> None:
    found = set(shown(stage))
    assert {name for name, _ in found} >= {"Requests", "InferenceTime", "Diagnoses", "MemoryUsed", "ModelNotLoaded"}
    assert found <= written


def test_everything_that_is_written_is_shown_or_alarmed(written: Written) -> None:
    used = {name for name, _ in {*alarmed(template("prod")), *shown("prod")}}
    # API Gateway's own counts stand for these, and hold what never reached a function.
    assert {name for name, _ in written} - used == {"ClientErrors", "ServerErrors", "Latency"}


def test_every_metric_is_documented_with_its_unit_and_dimensions(written: Written) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (Count|Milliseconds|Percent) \| (.*?) \|", PAGE, re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", more)) for name, _, more in rows}
    more = {
        name: {one for at, names in written if at == name for one in names} - {"Stage", "Function"}
        for name, _ in written
    }
    assert documented == more
    assert {name: unit for name, unit, _ in rows if unit != "Count"} == emf._UNITS

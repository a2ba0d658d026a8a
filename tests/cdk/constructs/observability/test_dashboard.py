"""The dashboard: its panels, their places and their metrics."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.cdk.monitored_stage import alarms, resources

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "observability.md").read_text()
Widget = dict[str, Any]
# The nine panels of the reference project's dashboard, by the words their titles begin with.
REFERENCE = (
    *("Request rate", "P95 latency", "Error rate", "Request rate by endpoint", "Inference latency by model"),
    *("Inferences by fault class", "CPU usage", "Memory usage", "Model status"),
)
BEYOND = (
    *("Alarms", "Availability over an hour", "Latency", "Answers by status class", "Novelty and volume", "Cold starts"),
    *("Requests per minute and the limit", "Jobs waiting", "Dead-letter queue", "Functions: errors"),
    *("Functions: duration p95", "Web ACL", "Key store failures", "Tables: throttled"),
)


API = ["ApiName", "palier-prod", "Stage", "prod"]


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    """The body of prod's dashboard; what CloudFormation fills in stands as x."""
    (made,) = resources("prod", "AWS::CloudWatch::Dashboard")
    parts = made["DashboardBody"]["Fn::Join"][1]
    assert {next(iter(part)) for part in parts if isinstance(part, dict)} == {"Ref"}
    body: dict[str, Any] = json.loads("".join(part if isinstance(part, str) else "x" for part in parts))
    return body


@pytest.fixture(scope="module")
def panels(dashboard: dict[str, Any]) -> dict[str, Widget]:
    """The panels by their titles; the title of a text is its heading."""
    titles = [one["properties"].get("title") or heading(one) for one in dashboard["widgets"]]
    assert len(titles) == len(set(titles))
    return dict(zip(titles, dashboard["widgets"], strict=True))


def heading(text: Widget) -> str:
    return str(text["properties"]["markdown"].partition("\n")[0].lstrip("# "))


def test_the_reference_s_nine_panels_and_the_new_ones(panels: dict[str, Widget]) -> None:
    assert [name for name in REFERENCE if not any(title.startswith(name) for title in panels)] == []
    assert set(BEYOND) <= set(panels)
    assert len(panels) == 1 + len(REFERENCE) + len(BEYOND)


def test_panels_fill_their_rows_and_do_not_overlap(panels: dict[str, Widget]) -> None:
    for one, other in combinations(panels.values(), 2):
        apart_x = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        apart_y = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert apart_x or apart_y, (one["properties"], other["properties"])
    rows = {panel["y"] for panel in panels.values()}
    assert {sum(panel["width"] for panel in panels.values() if panel["y"] == y) for y in rows} == {24}


def test_a_panel_shows_its_metrics(panels: dict[str, Widget]) -> None:
    shown = {title: panel["properties"].get("metrics") for title, panel in panels.items()}
    assert shown["P95 latency"] == [["AWS/ApiGateway", "Latency", *API, {"stat": "p95"}]]
    ((share,), (*errors, options)) = shown["Error rate"]
    assert (share["label"], share["expression"]) == ("5xx (%)", "100 * share")
    # Without a statistic CloudWatch takes the average.
    assert (errors, options) == (["AWS/ApiGateway", "5XXError", *API], {"id": "share", "visible": False})
    (((search,),),) = (shown["Request rate by endpoint"],)
    query = '{Palier,Stage,Function,Endpoint} MetricName="Requests" Stage="prod"'
    assert search["expression"] == f"SEARCH('{query}', 'Sum', 300)"
    ((*memory, options),) = shown["Memory usage"]
    assert memory == ["Palier", "MemoryUsed", "Function", "inference", "Stage", "prod"]
    assert options == {"stat": "Maximum"}


@pytest.mark.parametrize(
    ("title", "value", "label"),
    [("Memory usage", 90, "alarm"), ("Requests per minute and the limit", 6000, "limit")],
)
def test_a_panel_has_its_line(panels: dict[str, Widget], title: str, value: float, label: str) -> None:
    (line,) = panels[title]["properties"]["annotations"]["horizontal"]
    assert (line["value"], line["label"]) == (value, label)


def test_the_alarms_shown_are_those_that_tell_somebody_by_name(panels: dict[str, Widget]) -> None:
    arns = panels["Alarms"]["properties"]["alarms"]
    shown = [arn.rpartition(":alarm:palier-prod-")[2] for arn in arns]
    assert sorted(shown) == sorted(name for name, alarm in alarms("prod").items() if "AlarmActions" in alarm)
    assert len(shown) == 28


def test_the_page_has_every_panel_row_by_row(panels: dict[str, Widget]) -> None:
    rows: dict[int, list[str]] = {}
    for title, panel in panels.items():
        rows.setdefault(panel["y"], []).append("heading" if panel["type"] == "text" else title)
    section = PAGE.partition("\n## Dashboard\n")[2].partition("\n## ")[0]
    written = re.findall(r"^\| \d \| .*? \| (.*?) \|$", section, re.MULTILINE)
    assert written == ["; ".join(titles) for titles in rows.values()]

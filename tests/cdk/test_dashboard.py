"""The dashboard: its panels, and the drawing of its layout."""

import json
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cdk.dashboard_picture import Panel, draw, main, panels
from tests.support.observed_stack import alarms, resources, template, template_files

DRAWING = Path(__file__).resolve().parents[2] / "docs" / "dashboard.svg"
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


@pytest.fixture(scope="module")
def found() -> list[Panel]:
    return panels(template("prod"))


def test_the_reference_s_nine_panels_and_the_new_ones(found: list[Panel]) -> None:
    titles = [panel.title for panel in found]
    assert [name for name in REFERENCE if not any(title.startswith(name) for title in titles)] == []
    assert set(BEYOND) <= set(titles)
    assert len(titles) == len(set(titles)) == 1 + len(REFERENCE) + len(BEYOND)


def test_panels_fill_their_rows_and_do_not_overlap(found: list[Panel]) -> None:
    for one, other in combinations(found, 2):
        apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
        apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_x or apart_y, (one.title, other.title)
    rows = {panel.y for panel in found}
    assert {sum(panel.width for panel in found if panel.y == y) for y in rows} == {24}


def test_a_panel_says_what_it_shows(found: list[Panel]) -> None:
    lines = {panel.title: panel.lines for panel in found}
    assert lines["P95 latency"] == ("AWS/ApiGateway Latency, p95",)
    assert lines["Error rate"] == ("5xx (%) = 100 * share", "share: AWS/ApiGateway 5XXError, Average")
    assert lines["Request rate by endpoint"] == ("Palier Requests by Endpoint, Sum",)
    assert lines["Memory usage"] == ("Palier MemoryUsed, Maximum", "line at 90: alarm")
    assert lines["Alarms"] == ("26 alarms",)
    assert lines["Requests per minute and the limit"][-1] == "line at 6000: limit"


def test_the_alarms_shown_are_those_that_tell_somebody_by_name() -> None:
    (dashboard,) = resources("prod", "AWS::CloudWatch::Dashboard")
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    assert {next(iter(part)) for part in parts if isinstance(part, dict)} == {"Ref"}
    body = "".join(part if isinstance(part, str) else "x" for part in parts)
    (widget,) = (one for one in json.loads(body)["widgets"] if one["type"] == "alarm")
    shown = [arn.rpartition(":alarm:palier-prod-")[2] for arn in widget["properties"]["alarms"]]
    assert sorted(shown) == sorted(name for name, alarm in alarms("prod").items() if "AlarmActions" in alarm)


def test_the_drawing_in_the_docs_is_the_template_s(found: list[Panel]) -> None:
    assert DRAWING.read_text() == draw(found), "python -m cdk.dashboard_picture TEMPLATE docs/dashboard.svg"


def test_the_drawing_is_well_formed_and_has_every_title_and_no_curve(found: list[Panel]) -> None:
    root = ET.fromstring(DRAWING.read_text())
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    texts = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert tags == {"svg", "style", "rect", "text"}
    assert {panel.title for panel in found} <= texts


def test_the_command_draws_a_template_s_dashboard(tmp_path: Path) -> None:
    target = tmp_path / "dashboard.svg"
    assert main([str(template_files()["prod"]), str(target)]) == 0
    assert target.read_text() == DRAWING.read_text()


def test_the_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "usage: python -m cdk.dashboard_picture TEMPLATE.json PICTURE.svg\n"


def test_a_template_without_a_dashboard_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text(json.dumps({"Resources": {}}))
    with pytest.raises(ValueError, match="not enough values"):
        main([str(tmp_path / "none.json"), str(tmp_path / "x.svg")])

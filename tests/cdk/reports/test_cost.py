"""Costs are computed from the templates and from a table of prices that names its sources."""

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from cdk.refusals import StageError
from cdk.reports.cost import StageCost, cost, gpu_costs, million_costs, prices, with_costs, without_acl
from cdk.stage_parts import Door
from cdk.stages import STAGES, StageName
from functions.core.observability.emf import EmfSink
from functions.core.observability.metrics import Finding, RequestMetrics, Tally
from tests.cdk.stage_variants import DEV, GPU, PROD, WARM
from tests.cdk.templates import Assembly
from tests.support.emf import series

PAGE = Path(__file__).resolve().parents[3] / "docs" / "deploy.md"


def templates(assembly: Assembly, stage: str) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in sorted(assembly.folder.glob(f"palier-{stage}-*.template.json"))]


def test_every_price_has_a_source_and_a_unit() -> None:
    for group in ("idle", "in_use", "gpu_hour", "million", "stored", "provisioned"):
        for price in prices()[group].values():
            assert price["usd"] > 0
            assert price["per"]
            # AWS's own page, read, or beside another page the one of AWS's to look at.
            assert any("aws.amazon.com/" in price.get(name, "") for name in ("source", "check"))
            assert "." in price["source"]


def test_idle_is_counted_from_the_templates() -> None:
    template = {
        "Resources": {
            "a": {"Type": "AWS::WAFv2::WebACL", "Properties": {"Rules": [{}, {}]}},
            "b": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
            "c": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {"Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {}]},
            },
            "d": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 1024, "SnapStart": {}}},
            "e": {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": 1024}},
            "f": {"Type": "AWS::S3::Bucket", "Properties": {}},
        }
    }
    idle = cost(DEV, [template]).idle
    assert idle == pytest.approx(
        {"web_acl": 5.0, "web_acl_rule": 2.0, "alarm": 0.3, "snapshot_gb_s": 2 * 0.0000015046 * 30 * 24 * 3600}
    )
    # Twice: the version before is kept, and its snapshot with it.


def test_a_million_requests_cost_their_gigabyte_seconds() -> None:
    million = cost(DEV, []).million
    dev_mb, prod_mb = (stage.sizes["inference"].memory_mb for stage in (DEV, PROD))
    assert million["compute"] == pytest.approx(0.0000133334 * 20e-3 * 1e6 * dev_mb / 1024)
    assert cost(replace(DEV, architecture="x86_64"), []).million["compute"] > million["compute"]
    assert cost(PROD, []).million["compute"] == pytest.approx(million["compute"] * prod_mb / dev_mb)


def test_a_gpu_costs_what_its_templates_hold(assembly: Assembly) -> None:
    names = ("gpu", "network")
    costs = cost(WARM, [assembly.template("warm", name).document for name in names])
    expected = gpu_costs(GPU.instance_type)
    assert {name: costs.idle[name] for name in expected} == pytest.approx(expected)
    assert expected["endpoint_zone"] == pytest.approx(16 * 7.2)
    twice = replace(WARM, gpu=replace(GPU, minimum=2))
    assert cost(twice, []).idle["gpu_instance"] == pytest.approx(2 * 1.006 * 720)


def test_an_instance_without_a_price_is_said() -> None:
    stage = replace(WARM, gpu=replace(GPU, instance_type="g6e.xlarge"))
    with pytest.raises(StageError, match=r"no price of g6e\.xlarge in cdk/prices\.toml; add it"):
        cost(stage, [])


@pytest.mark.parametrize(("stage", "most"), [("dev", 10), ("prod", 15)])
def test_idle_without_the_web_acl_stays_below_what_was_promised(
    assembly: Assembly, stage: StageName, most: int
) -> None:
    found = cost(STAGES[stage], templates(assembly, stage))
    assert found.idle["kms_key"] == 1.0
    assert found.idle["kms_rotations"] == 2.0
    assert found.idle["snapshot_gb_s"] == 0
    assert 0 < without_acl(found) < most


def test_the_metrics_of_a_stage_in_use_are_counted() -> None:
    out = io.StringIO()
    sink = EmfSink("prod", "inference", out)
    for finding in (Finding("journal-bearing", f"class-{number}") for number in range(11)):
        counts = Counter({finding: 1})
        tally = Tally(model=finding.model, inference_ms=1, windows=3, diagnoses=counts, novel=Counter({finding: 0}))
        sink.record(RequestMetrics("predict", 200, 3, False, 10, tally))
    assert len(series(out.getvalue())) == prices()["assumed"]["metrics_in_use"]


def test_the_page_is_rendered_from_the_templates(assembly: Assembly) -> None:
    costs = [cost(stage, templates(assembly, name)) for name, stage in STAGES.items()]
    assert PAGE.read_text() == with_costs(PAGE.read_text(), costs), "run python -m cdk cost --write"


def test_only_the_section_of_a_page_is_replaced() -> None:
    page = "before\n<!-- cost -->\nold\n<!-- /cost -->\nafter\n"
    rendered = with_costs(page, [StageCost("dev", {"secret": 0.4}, {"api": 3.5})])
    assert rendered.startswith("before\n<!-- cost -->\n")
    assert rendered.endswith("<!-- /cost -->\nafter\n")
    assert "old" not in rendered
    assert "0.40" in rendered


@pytest.mark.parametrize(
    ("door", "api", "acl"), [("rest_api", 3.5, 0.6), ("http_api", 1.0, 0.0), ("function_url", 0.0, 0.0)]
)
def test_a_million_requests_cost_what_their_door_costs(door: Door, api: float, acl: float) -> None:
    costs = million_costs(replace(DEV, door=door), 20)
    assert (costs["api"], costs["requests"]) == (api, acl)

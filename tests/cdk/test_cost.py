"""Costs are computed from the templates and from a table of prices that names its sources."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cdk.cost import StageCost, cost, prices, with_costs
from cdk.stages import STAGES
from tests.cdk.stage_variants import DEV, PROD
from tests.cdk.templates import Assembly

PAGE = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"


def templates(assembly: Assembly, stage: str) -> list[dict[str, object]]:
    return [json.loads(path.read_bytes()) for path in sorted(assembly.folder.glob(f"palier-{stage}-*.template.json"))]


def test_every_price_has_a_source_and_a_unit() -> None:
    for group in ("idle", "million"):
        for price in prices()[group].values():
            assert price["usd"] > 0
            assert price["per"]
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
        {"web_acl": 5.0, "web_acl_rule": 2.0, "alarm": 0.3, "snapshot_gb_s": 0.0000015046 * 30 * 24 * 3600}
    )


def test_a_million_requests_cost_their_gigabyte_seconds() -> None:
    million = cost(DEV, []).million
    dev_mb, prod_mb = (stage.sizes["inference"].memory_mb for stage in (DEV, PROD))
    assert million["compute"] == pytest.approx(0.0000133334 * 20e-3 * 1e6 * dev_mb / 1024)
    assert cost(replace(DEV, architecture="x86_64"), []).million["compute"] > million["compute"]
    assert cost(PROD, []).million["compute"] == pytest.approx(million["compute"] * prod_mb / dev_mb)


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

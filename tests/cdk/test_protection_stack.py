"""The web ACL: its rules in order, the requests that they count and allow, and a log without keys."""

import json
import re
from typing import Any

import pytest

from cdk.constructs.api.edge_proof import PROOF_HEADER
from cdk.constructs.api.page_cache import VIEWER_HEADER
from cdk.constructs.protection.web_acl_rules import recordings_pattern
from cdk.stages import Stage
from functions.core.http.answers import ErrorAnswer
from tests.cdk.templates import Assembly, Template

GROUPS = {
    "ip-reputation": "AWSManagedRulesAmazonIpReputationList",
    "common": "AWSManagedRulesCommonRuleSet",
    "known-bad-inputs": "AWSManagedRulesKnownBadInputsRuleSet",
}


@pytest.fixture
def template(assembly: Assembly, stage: Stage) -> Template:
    return assembly.template(stage.name, "protection")


@pytest.fixture
def rules(template: Template) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in template.only("AWS::WAFv2::WebACL")["Rules"]}


def test_it_stands_before_the_api(template: Template, stage: Stage) -> None:
    acl = template.only("AWS::WAFv2::WebACL")
    assert (acl["Scope"], acl["DefaultAction"]) == ("REGIONAL", {"Allow": {}})
    association = template.only("AWS::WAFv2::WebACLAssociation")
    assert f"palier-{stage.name}-api:" in str(association["ResourceArn"])
    assert "/stages/" in str(association["ResourceArn"])


def test_rules_are_asked_in_this_order(rules: dict[str, dict[str, Any]]) -> None:
    assert [rule["Name"] for rule in sorted(rules.values(), key=lambda rule: int(rule["Priority"]))] == [
        "body-too-large",
        "ip-reputation",
        "rate-per-ip",
        "rate-per-key",
        "common",
        "known-bad-inputs",
        "body-elsewhere",
    ]


def test_rates_are_counted_per_address_and_per_key(
    template: Template, rules: dict[str, dict[str, Any]], stage: Stage
) -> None:
    by_ip = rules["rate-per-ip"]["Statement"]["RateBasedStatement"]
    by_key = rules["rate-per-key"]["Statement"]["RateBasedStatement"]
    assert (by_ip["AggregateKeyType"], by_ip["Limit"]) == ("IP", stage.rate_limits.per_ip)
    assert (by_key["AggregateKeyType"], by_key["Limit"]) == ("CUSTOM_KEYS", stage.rate_limits.per_key)
    assert [key["Header"]["Name"] for key in by_key["CustomKeys"]] == ["x-api-key"]
    assert {by_ip["EvaluationWindowSec"], by_key["EvaluationWindowSec"]} == {stage.rate_limits.window_s}
    for name in ("rate-per-ip", "rate-per-key"):
        response = rules[name]["Action"]["Block"]["CustomResponse"]
        assert response["ResponseCode"] == 429
        assert response["ResponseHeaders"] == [{"Name": "Retry-After", "Value": "300"}]
        body = template.only("AWS::WAFv2::WebACL")["CustomResponseBodies"][response["CustomResponseBodyKey"]]
        assert body["ContentType"] == "APPLICATION_JSON"
        assert tuple(json.loads(body["Content"])) == ErrorAnswer.__struct_fields__


@pytest.mark.parametrize(("name", "group"), GROUPS.items())
def test_managed_groups_block(rules: dict[str, dict[str, Any]], name: str, group: str) -> None:
    statement = rules[name]["Statement"]["ManagedRuleGroupStatement"]
    assert (statement["VendorName"], statement["Name"]) == ("AWS", group)
    assert rules[name]["OverrideAction"] == {"None": {}}


def counted(rules: dict[str, dict[str, Any]], name: str) -> set[str]:
    """The rules of a managed group that only label."""
    overrides = rules[name]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert all(one["ActionToUse"] == {"Count": {}} for one in overrides)
    return {one["Name"] for one in overrides}


def test_no_rule_that_searches_bodies_blocks_recordings(rules: dict[str, dict[str, Any]]) -> None:
    common = {"SizeRestrictions", "CrossSiteScripting", "EC2MetaDataSSRF", "GenericLFI", "GenericRFI"}
    bad = {"JavaDeserializationRCE", "Log4JRCE", "ReactJSRCE"}
    assert counted(rules, "common") == {f"{one}_BODY" for one in common} | {"NoUserAgent_HEADER"}
    assert counted(rules, "known-bad-inputs") == {f"{one}_BODY" for one in bad}


def test_elsewhere_what_they_label_is_blocked(rules: dict[str, dict[str, Any]]) -> None:
    labelled, elsewhere = rules["body-elsewhere"]["Statement"]["AndStatement"]["Statements"]
    labels = [one["LabelMatchStatement"]["Key"] for one in labelled["OrStatement"]["Statements"]]
    bodies = (counted(rules, "common") | counted(rules, "known-bad-inputs")) - {"NoUserAgent_HEADER"}
    assert {one.rpartition(":")[2].lower() for one in labels} == {one.lower() for one in bodies}
    assert "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body" in labels
    assert {f"awswaf:managed:aws:known-bad-inputs:{one}_Body" for one in ("Log4JRCE", "ReactJSRCE")} <= set(labels)
    path = elsewhere["NotStatement"]["Statement"]["RegexMatchStatement"]
    assert path["FieldToMatch"] == {"UriPath": {}}
    assert path["RegexString"] == recordings_pattern()
    assert rules["body-elsewhere"]["Action"] == {"Block": {}}


def test_behind_cloud_front_addresses_are_those_that_it_writes_and_proves(assembly: Assembly) -> None:
    """A caller who writes X-Forwarded-For, or the headers of CloudFront past it, is counted by the own address."""
    rules = {one["Name"]: one for one in assembly.template("warm", "protection").only("AWS::WAFv2::WebACL")["Rules"]}
    by_ip, by_viewer = (rules[name]["Statement"]["RateBasedStatement"] for name in ("rate-per-ip", "rate-per-viewer"))
    through = by_viewer["ScopeDownStatement"]
    assert by_ip["ScopeDownStatement"] == {"NotStatement": {"Statement": through}}
    assert through["ByteMatchStatement"]["FieldToMatch"] == {"SingleHeader": {"Name": PROOF_HEADER}}
    assert through["ByteMatchStatement"]["PositionalConstraint"] == "EXACTLY"
    # By its name: a secret that another stack imports could not go when the next secret comes.
    secret = "{{resolve:secretsmanager:palier/prod/edge-secret-1:SecretString:::}}"
    assert through["ByteMatchStatement"]["SearchString"] == secret
    assert (by_ip["AggregateKeyType"], by_viewer["AggregateKeyType"]) == ("IP", "FORWARDED_IP")
    assert by_viewer["ForwardedIPConfig"] == {"HeaderName": VIEWER_HEADER, "FallbackBehavior": "MATCH"}
    assert by_ip["Limit"] == by_viewer["Limit"]
    assert "X-Forwarded-For" not in json.dumps(rules)


@pytest.mark.parametrize(
    ("length", "refused"),
    [("0", False), ("6000000", False), ("6999999", False), ("7000000", True), ("0007000000", True), ("10000000", True)],
)
def test_bodies_from_the_next_million_on_are_refused_everywhere(
    rules: dict[str, dict[str, Any]], length: str, refused: bool
) -> None:
    statement = rules["body-too-large"]["Statement"]["RegexMatchStatement"]
    assert statement["FieldToMatch"] == {"SingleHeader": {"Name": "content-length"}}
    assert (re.search(statement["RegexString"], length) is not None) is refused
    assert rules["body-too-large"]["Action"] == {"Block": {}}


def test_the_log_holds_no_key(template: Template, stage: Stage) -> None:
    logging = template.only("AWS::WAFv2::LoggingConfiguration")
    redacted = [field["SingleHeader"]["Name"] for field in logging["RedactedFields"]]
    assert redacted == ["x-api-key", "authorization", "cookie", PROOF_HEADER]
    (destination,) = logging["LogDestinationConfigs"]
    prefix, name = destination["Fn::Join"][1][-2:]
    # Without the `:*` with which a log group's own ARN ends.
    assert (prefix, list(name)) == (":log-group:", ["Ref"])
    log = template.only("AWS::Logs::LogGroup")
    assert log["LogGroupName"] == f"aws-waf-logs-palier-{stage.name}"
    assert log["RetentionInDays"] == stage.retention.log_days


def test_no_request_is_kept_as_a_sample(template: Template) -> None:
    acl = template.only("AWS::WAFv2::WebACL")
    visible = [acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])]
    assert {one["SampledRequestsEnabled"] for one in visible} == {False}
    assert {one["CloudWatchMetricsEnabled"] for one in visible} == {True}

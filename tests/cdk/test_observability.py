"""The observability stack: its alarms, their metrics and receivers; checked by cfn-lint and AwsSolutions."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns

from tests.cdk.linting import lint
from tests.cdk.monitored_stage import Name, alarms, make_app, resources, template, template_files

STAGES: list[Name] = ["prod", "dev"]
API = {"ApiName": "palier-prod", "Stage": "prod"}
PALIER = {"Stage": "prod", "Function": "inference"}
LAMBDA = {"FunctionName": "palier-prod-inference"}

# name: namespace, metric, statistic, period (s), periods, threshold, dimensions
SIMPLE = {
    "rotation-failures": ("AWS/Lambda", "Errors", "Sum", 300, 1, 0, {"FunctionName": "palier-prod-rotation"}),
    "memory-high": ("Palier", "MemoryUsed", "Maximum", 300, 1, 90, PALIER),
    "memory-critical": ("Palier", "MemoryUsed", "Maximum", 300, 1, 95, PALIER),
    "high-inference-volume": ("Palier", "Diagnoses", "Sum", 300, 2, 5000, PALIER),
    "approaching-rate-limit": ("AWS/ApiGateway", "Count", "SampleCount", 60, 5, 4800, API),
    "no-requests": ("AWS/ApiGateway", "Count", "SampleCount", 300, 3, 1, API),
    "concurrency-pressure": ("AWS/Lambda", "ConcurrentExecutions", "Maximum", 300, 2, 80, LAMBDA),
    "dead-letters": (
        *("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 300, 1, 0),
        {"QueueName": "palier-prod-dead"},
    ),
    "oldest-job": (
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        "Maximum",
        300,
        2,
        1800,
        {"QueueName": "palier-prod-jobs"},
    ),
    "worker-errors": ("AWS/Lambda", "Errors", "Sum", 300, 1, 0, {"FunctionName": "palier-prod-worker"}),
    "history-lost": ("Palier", "HistoryLost", "Sum", 300, 1, 0, PALIER),
    "blocked-requests": (
        *("AWS/WAFV2", "BlockedRequests", "Sum", 300, 1, 100),
        {"WebACL": "palier-prod", "Region": {"Ref": "AWS::Region"}, "Rule": "ALL"},
    ),
}
# name: metric of Palier, and the functions over which it is summed
OF_SEVERAL = {
    "model-not-loaded": ("ModelNotLoaded", "inference", "worker"),
    "key-store-failures": ("KeyStoreFailures", "inference", "jobs"),
}
SHARE = "IF(whole >= 20, 100 * part / whole, 0)"
VALUE = "IF(whole >= 20, part, 0)"
ALL_SHARE, REST, ALL_REST = SHARE.replace("20", "1"), "IF(whole >= 20, 100 - part, 0)", "IF(whole >= 1, 100 - part, 0)"

# name: expression, part and its statistic, whole, period (s), periods, threshold
GUARDED = {
    "error-rate": (SHARE, "AWS/ApiGateway 5XXError Sum", "AWS/ApiGateway Count SampleCount", 300, 1, 5),
    "latency-p95": (VALUE, "AWS/ApiGateway Latency p95", "AWS/ApiGateway Count SampleCount", 300, 1, 2000),
    "inference-p95": (VALUE, "Palier InferenceTime p95", "AWS/ApiGateway Count SampleCount", 300, 1, 1000),
    "throttle-pressure": (SHARE, "AWS/Lambda Throttles Sum", "AWS/ApiGateway Count SampleCount", 300, 2, 1),
    "cold-start-share": (SHARE, "Palier ColdStart Sum", "Palier Requests Sum", 900, 1, 10),
    "novelty-share": (SHARE, "Palier NovelDiagnoses Sum", "Palier Diagnoses Sum", 3600, 1, 20),
    "availability-slo": (SHARE, "AWS/ApiGateway 5XXError Sum", "AWS/ApiGateway Count SampleCount", 3600, 1, 0.5),
    "latency-slo": (VALUE, "AWS/ApiGateway Latency p95", "AWS/ApiGateway Count SampleCount", 3600, 1, 500),
}
_FAILED, _SLOW = "AWS/ApiGateway 5XXError Sum", "AWS/ApiGateway Latency PR(:500)"
BURNING: dict[str, dict[str, tuple[str, str, int, float]]] = {
    "availability-burn-fast": {"60m": (SHARE, _FAILED, 3600, 7.2), "5m": (ALL_SHARE, _FAILED, 300, 7.2)},
    "availability-burn-slow": {"360m": (SHARE, _FAILED, 21600, 3), "30m": (ALL_SHARE, _FAILED, 1800, 3)},
    "latency-burn-fast": {"60m": (REST, _SLOW, 3600, 72), "5m": (ALL_REST, _SLOW, 300, 72)},
    "latency-burn-slow": {"360m": (REST, _SLOW, 21600, 30), "30m": (ALL_REST, _SLOW, 1800, 30)},
}
# The thirteen of the reference project, gpu-memory apart, which comes with the GPU stack.
REFERENCE = {
    *("error-rate", "latency-p95", "inference-p95", "model-not-loaded", "throttle-pressure", "memory-high"),
    *("memory-critical", "no-requests", "availability-slo", "latency-slo", "approaching-rate-limit"),
    "high-inference-volume",
}


def dimensions(metric: dict[str, Any]) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in metric["Dimensions"]}


def series(alarm: dict[str, Any], name: str) -> str:
    (entry,) = (one for one in alarm["Metrics"] if one["Id"] == name)
    metric, statistic = entry["MetricStat"]["Metric"], entry["MetricStat"]["Stat"]
    assert dimensions(metric) in (API, PALIER, LAMBDA)
    assert entry["ReturnData"] is False
    return f"{metric['Namespace']} {metric['MetricName']} {statistic}"


def expression(alarm: dict[str, Any]) -> str:
    (entry,) = (one for one in alarm["Metrics"] if one["ReturnData"])
    return str(entry["Expression"])


def periods_s(alarm: dict[str, Any]) -> set[int]:
    return {one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one}


@pytest.mark.parametrize("name", SIMPLE)
def test_an_alarm_on_one_metric(name: str) -> None:
    alarm = alarms("prod")[name]
    assert (
        *(alarm["Namespace"], alarm["MetricName"], alarm["Statistic"], alarm["Period"]),
        *(alarm["EvaluationPeriods"], alarm["Threshold"], dimensions(alarm)),
    ) == SIMPLE[name]


@pytest.mark.parametrize("name", GUARDED)
def test_an_alarm_that_waits_until_there_is_enough(name: str) -> None:
    alarm = alarms("prod")[name]
    formula, part, whole, period_s, periods, threshold = GUARDED[name]
    assert (expression(alarm), series(alarm, "part"), series(alarm, "whole")) == (formula, part, whole)
    assert (periods_s(alarm), alarm["EvaluationPeriods"], alarm["Threshold"]) == ({period_s}, periods, threshold)


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_every_function_that_can_fail_so_is_watched(name: str) -> None:
    metric, *functions = OF_SEVERAL[name]
    alarm = alarms("prod")[name]
    read = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    assert {(one["Metric"]["Namespace"], one["Metric"]["MetricName"], one["Stat"]) for one in read} == {
        ("Palier", metric, "Sum")
    }
    assert [dimensions(one["Metric"]) for one in read] == [{"Stage": "prod", "Function": one} for one in functions]
    assert (expression(alarm), alarm["Threshold"]) == ("FILL(m0, 0) + FILL(m1, 0)", 0)


def test_throttles_of_every_table_add_up() -> None:
    alarm = alarms("prod")["table-throttles"]
    found = {
        (dimensions(one["MetricStat"]["Metric"])["TableName"], one["MetricStat"]["Metric"]["MetricName"])
        for one in alarm["Metrics"]
        if "MetricStat" in one
    }
    tables, names = ("palier-prod-jobs", "palier-prod-history"), ("ReadThrottleEvents", "WriteThrottleEvents")
    assert found == {(table, name) for table in tables for name in names}
    assert expression(alarm) == "FILL(m0, 0) + FILL(m1, 0) + FILL(m2, 0) + FILL(m3, 0)"
    assert (periods_s(alarm), alarm["EvaluationPeriods"], alarm["Threshold"]) == ({300}, 1, 10)


def test_alerts_that_failed_are_watched_in_their_dead_letter_queue_too() -> None:
    """EventBridge counts no event as failed that it could put there."""
    alarm = alarms("prod")["asset-alerts-failed"]
    read = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    assert [(one["Metric"]["MetricName"], one["Stat"], dimensions(one["Metric"])) for one in read] == [
        ("FailedInvocations", "Sum", {"EventBusName": "palier-prod", "RuleName": "palier-prod-assets"}),
        ("ApproximateNumberOfMessagesVisible", "Maximum", {"QueueName": "palier-prod-undelivered"}),
    ]
    assert (expression(alarm), alarm["Threshold"]) == ("FILL(m0, 0) + FILL(m1, 0)", 0)


@pytest.mark.parametrize("name", BURNING)
def test_a_burn_rate_is_over_two_windows(name: str) -> None:
    made = alarms("prod")
    ids = {
        properties["Properties"]["AlarmName"]: logical
        for logical, properties in template("prod")["Resources"].items()
        if properties["Type"] == "AWS::CloudWatch::Alarm"
    }
    rule = made[name]["AlarmRule"]["Fn::Join"][1]
    named = [part["Fn::GetAtt"][0] for part in rule if isinstance(part, dict)]
    assert named == [ids[f"palier-prod-{name}-{window}"] for window in BURNING[name]]
    assert "".join(part for part in rule if isinstance(part, str)) == '(ALARM("") AND ALARM(""))'
    for window, (formula, part, period_s, threshold) in BURNING[name].items():
        alarm = made[f"{name}-{window}"]
        assert (expression(alarm), series(alarm, "part"), periods_s(alarm)) == (formula, part, {period_s})
        assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (threshold, 1)


def test_every_alarm_is_checked_here_and_the_reference_s_are_among_them() -> None:
    parts = {f"{name}-{window}" for name, windows in BURNING.items() for window in windows}
    assert set(alarms("prod")) == {
        *(*SIMPLE, *GUARDED, *BURNING, *parts, *OF_SEVERAL),
        *("table-throttles", "asset-alerts-failed"),
    }
    assert set(alarms("prod")) >= REFERENCE
    assert len(REFERENCE) == 13 - 1


def test_silence_is_wrong_in_prod_alone() -> None:
    assert set(alarms("prod")) - set(alarms("dev")) == {"no-requests"}
    assert alarms("prod")["no-requests"]["TreatMissingData"] == "breaching"
    assert alarms("prod")["no-requests"]["ComparisonOperator"] == "LessThanThreshold"


@pytest.mark.parametrize("stage", STAGES)
def test_elsewhere_nothing_happened_means_nothing_is_wrong(stage: Name) -> None:
    others = [one for name, one in alarms(stage).items() if name != "no-requests" and "AlarmRule" not in one]
    assert {one["TreatMissingData"] for one in others} == {"notBreaching"}
    assert {one["ComparisonOperator"] for one in others} == {"GreaterThanThreshold"}


def topic_ids(stage: Name) -> dict[str, str]:
    return {
        one["Properties"]["TopicName"].rpartition("-")[2]: logical
        for logical, one in template(stage)["Resources"].items()
        if one["Type"] == "AWS::SNS::Topic"
    }


PAGES = {
    *("error-rate", "model-not-loaded", "key-store-failures", "throttle-pressure", "memory-critical"),
    *("availability-slo", "availability-burn-fast", "latency-burn-fast", "asset-alerts-failed"),
}


@pytest.mark.parametrize("stage", STAGES)
def test_alarms_tell_the_topic_of_their_severity_when_they_begin_and_end(stage: Name) -> None:
    topics, parts = topic_ids(stage), {f"{name}-{window}" for name, ways in BURNING.items() for window in ways}
    for name, alarm in alarms(stage).items():
        if name in parts:
            assert "AlarmActions" not in alarm
            continue
        told = [{"Ref": topics["page" if name in PAGES else "ticket"]}]
        assert (alarm["AlarmActions"], alarm["OKActions"]) == (told, told), name


def test_receivers_subscribe_to_their_severity() -> None:
    found = {
        (one["Protocol"], one["Endpoint"], one["TopicArn"]["Ref"])
        for one in resources("prod", "AWS::SNS::Subscription")
    }
    topics = topic_ids("prod")
    assert found == {
        ("email", "on-call@plant.example.org", topics["page"]),
        ("https", "https://tickets.example.org/in", topics["ticket"]),
    }
    assert resources("dev", "AWS::SNS::Subscription") == []


def test_topics_are_encrypted_and_only_alarms_and_the_budget_of_this_account_publish() -> None:
    # The stage's own: its policy is in the data stack.
    assert resources("prod", "AWS::KMS::Key") == []
    services = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    here = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert all("KmsMasterKeyId" in topic for topic in resources("prod", "AWS::SNS::Topic"))
    policies = resources("prod", "AWS::SNS::TopicPolicy")
    assert len(policies) == 2
    for policy in policies:
        deny, allow = policy["PolicyDocument"]["Statement"]
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert (allow["Principal"], allow["Condition"]) == ({"Service": services}, here)


def test_a_twentieth_of_the_requests_is_traced() -> None:
    (rule,) = [one["SamplingRule"] for one in resources("prod", "AWS::XRay::SamplingRule")]
    assert (rule["RuleName"], rule["ServiceName"]) == ("palier-prod", "palier-prod*")
    assert (rule["FixedRate"], rule["ReservoirSize"]) == (0.05, 0)


@pytest.mark.parametrize(("stage", "limit"), [("prod", 500), ("dev", 100)])
def test_the_budget_notifies_before_and_after_it_is_spent(stage: Name, limit: float) -> None:
    (budget,) = resources(stage, "AWS::Budgets::Budget")
    assert budget["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "CostFilters": {"TagKeyValue": [f"user:palier-stage${stage}"]},
        "BudgetLimit": {"Amount": limit, "Unit": "USD"},
    }
    told = [
        (one["Notification"]["NotificationType"], one["Notification"]["Threshold"])
        for one in budget["NotificationsWithSubscribers"]
    ]
    assert told == [("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]
    subscriber = {"SubscriptionType": "SNS", "Address": {"Ref": topic_ids(stage)["ticket"]}}
    assert all(one["Subscribers"] == [subscriber] for one in budget["NotificationsWithSubscribers"])


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str]]]:
    """What cfn-lint finds in the template of each stage, and in a broken one: severity and sentence."""
    broken = template("prod")
    next(one for one in broken["Resources"].values() if one["Type"] == "AWS::CloudWatch::Alarm")["Properties"][
        "ComparisonOperator"
    ] = "Above"
    path = tmp_path_factory.mktemp("lint") / "broken.json"
    path.write_text(json.dumps(broken))
    files = {**template_files(), "broken": path}
    matches = lint(files.values())
    return {
        name: [(match.rule.severity, match.message) for match in matches if match.filename == str(file)]
        for name, file in files.items()
    }


@pytest.mark.parametrize("stage", STAGES)
def test_cfn_lint_has_nothing_to_say(linted: dict[str, list[tuple[str, str]]], stage: Name) -> None:
    assert linted[stage] == []


def test_cfn_lint_can_find_something(linted: dict[str, list[tuple[str, str]]]) -> None:
    ((severity, sentence),) = linted["broken"]
    assert severity == "error"
    assert "'Above' is not one of" in sentence


def test_aws_solutions_can_find_something() -> None:
    """That it finds nothing in the stacks is held by their synthesis, which would raise."""
    app = make_app()
    sns.Topic(cdk.Stack(app, "open"), "Topic")
    with pytest.raises(RuntimeError, match="AwsSolutions-SNS3"):
        app.synth()


@pytest.mark.parametrize("stage", STAGES)
def test_no_account_region_or_receiver_is_in_the_template(stage: Name) -> None:
    text = template_files()[stage].read_text()
    assert "123456789012" not in text
    assert "eu-central-1" not in text

"""Alarms on the service: errors and latency, models and keys, jobs and tables, blocked and novel traffic."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.constructs.observability.alarms.factory import AlarmFactory, Condition, MinimumSample
from cdk.constructs.observability.stage_metrics import FIVE_MINUTES, SUM, total
from cdk.functions import FUNCTIONS, ROTATION, WORKER

_HOUR = Duration.hours(1)
_WITH_MODELS = tuple(spec.name for spec in FUNCTIONS if spec.models)
_WITH_KEYS = tuple(spec.name for spec in FUNCTIONS if spec.reads_keys)


def service_alarms(factory: AlarmFactory) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on errors, latency, the engine, the models and the key store."""
    metrics, thresholds = factory.metrics, factory.thresholds
    p95 = cloudwatch.Stats.p(95)
    sample = MinimumSample(metrics.requests(), thresholds.min_requests)
    # API Gateway's count: a function that crashes or runs out of time cannot count itself.
    errors = sample.share(metrics.api("5XXError", SUM), FIVE_MINUTES, "errors (%)")
    latency = sample.value(metrics.api("Latency", p95), FIVE_MINUTES, "latency p95 (ms)")
    inference = sample.value(metrics.palier("InferenceTime", p95), FIVE_MINUTES, "inference p95 (ms)")
    return [
        factory.alarm("error-rate", Condition(errors, 100 * thresholds.error_share)),
        factory.alarm("latency-p95", Condition(latency, thresholds.latency_p95_ms)),
        factory.alarm("inference-p95", Condition(inference, thresholds.inference_p95_ms)),
        factory.alarm("model-not-loaded", Condition(metrics.palier_of_all("ModelNotLoaded", _WITH_MODELS), 0)),
        factory.alarm("rotation-failures", Condition(metrics.function("Errors", SUM, of=ROTATION.name), 0)),
        factory.alarm("key-store-failures", Condition(metrics.palier_of_all("KeyStoreFailures", _WITH_KEYS), 0)),
    ]


def job_alarms(factory: AlarmFactory) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on the two queues, the worker, alerts of assets, lost diagnoses and the tables."""
    metrics, thresholds = factory.metrics, factory.thresholds
    dead = metrics.queue("ApproximateNumberOfMessagesVisible", of="dead_letters")
    # What EventBridge puts into the rule's dead-letter queue it does not count as failed.
    # Source: docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html, FailedInvocations
    undelivered = [
        metrics.alert_rule("FailedInvocations"),
        metrics.queue("ApproximateNumberOfMessagesVisible", of="undelivered"),
    ]
    age_s = metrics.queue("ApproximateAgeOfOldestMessage")
    return [
        factory.alarm("dead-letters", Condition(dead, 0)),
        factory.alarm("oldest-job", Condition(age_s, thresholds.oldest_job_s, 2)),
        factory.alarm("worker-errors", Condition(metrics.function("Errors", SUM, of=WORKER.name), 0)),
        factory.alarm("asset-alerts-failed", Condition(total(undelivered, "undelivered"), 0)),
        factory.alarm("history-lost", Condition(metrics.palier("HistoryLost", SUM), 0)),
        factory.alarm(
            "table-throttles", Condition(total(metrics.throttles(), "throttled"), thresholds.table_throttles_per_5_min)
        ),
    ]


def traffic_alarms(factory: AlarmFactory) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on blocked requests and on recordings unlike the training data."""
    metrics, thresholds = factory.metrics, factory.thresholds
    novel = MinimumSample(metrics.palier("Diagnoses", SUM, _HOUR), thresholds.min_diagnoses).share(
        metrics.palier("NovelDiagnoses", SUM, _HOUR), _HOUR, "novel (%)"
    )
    alarms: list[cloudwatch.AlarmBase] = [
        factory.alarm("novelty-share", Condition(novel, 100 * thresholds.novelty_share))
    ]
    if metrics.monitored.web_acl_metric:
        blocked = Condition(metrics.web_acl("BlockedRequests"), thresholds.blocked_per_5_min)
        alarms.insert(0, factory.alarm("blocked-requests", blocked))
    return alarms

"""Does the service answer, rightly and in time?"""

from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.constructs.observability.alarms.watch import Condition, Guard, Watch
from cdk.measured import FIVE_MINUTES, SUM


def service_alarms(watch: Watch) -> list[cloudwatch.AlarmBase]:
    """Make the alarms on errors, latency, the engine, the models and the key store."""
    measured, thresholds = watch.measured, watch.thresholds
    p95 = cloudwatch.Stats.p(95)
    guard = Guard(measured.requests(), thresholds.min_requests)
    # API Gateway's count: a function that crashes or runs out of time cannot count itself.
    errors = guard.share(measured.api("5XXError", SUM), FIVE_MINUTES, "errors (%)")
    latency = guard.value(measured.api("Latency", p95), FIVE_MINUTES, "latency p95 (ms)")
    inference = guard.value(measured.palier("InferenceTime", p95), FIVE_MINUTES, "inference p95 (ms)")
    return [
        watch.alarm("error-rate", Condition(errors, 100 * thresholds.error_share)),
        watch.alarm("latency-p95", Condition(latency, thresholds.latency_p95_ms)),
        watch.alarm("inference-p95", Condition(inference, thresholds.inference_p95_ms)),
        watch.alarm("model-not-loaded", Condition(measured.palier("ModelNotLoaded", SUM), 0)),
        watch.alarm("key-store-failures", Condition(measured.palier("KeyStoreFailures", SUM), 0)),
    ]

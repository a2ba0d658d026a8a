"""Notes of the alarms: what each means and what to do first; docs/runbook.md has a section for each, of its name."""

from dataclasses import dataclass

from cdk.alarm_thresholds import Severity

RUNBOOK = "docs/runbook.md"


@dataclass(frozen=True)
class AlarmNote:
    """The note of an alarm: what is wrong, and what to do first; `name` is also that of its runbook section."""

    name: str
    severity: Severity
    problem: str
    first_step: str

    def description(self, runbook: str) -> str:
        """Return the alarm's description, with the link to its section."""
        return f"{self.problem} {self.first_step} Runbook: {runbook}#{self.name}"


_NOTES = (
    AlarmNote(
        "error-rate",
        "page",
        "Too many requests are answered 5xx.",
        "Roll back if a deployment is younger than this alarm; else look for the newest ERROR line in the log.",
    ),
    AlarmNote(
        "latency-p95",
        "ticket",
        "One request in twenty takes too long.",
        "Compare Latency with InferenceTime on the dashboard: the difference is decoding, starts or API Gateway.",
    ),
    AlarmNote(
        "inference-p95",
        "ticket",
        "The engine takes too long.",
        "Look at windows per request and at the function's memory, which decides its share of a processor.",
    ),
    AlarmNote(
        "model-not-loaded",
        "page",
        "Requests meet a model that cannot be loaded.",
        "Request GET /health, read the log line with code model_unavailable, then roll back to the version before.",
    ),
    AlarmNote(
        "throttle-pressure",
        "page",
        "Lambda turns requests away: every instance of the inference function is busy.",
        "Raise the reserved concurrency of the stage, or find the caller that sends more than it did.",
    ),
    AlarmNote(
        "concurrency-pressure",
        "ticket",
        "The inference function runs near its reserved concurrency.",
        "Raise the reserved concurrency before Lambda turns requests away, or give it more memory.",
    ),
    AlarmNote(
        "memory-high",
        "ticket",
        "An instance used nearly all of its memory.",
        "See which request did it, then raise memory_mb of the stage or lower its max_windows.",
    ),
    AlarmNote(
        "memory-critical",
        "page",
        "An instance is about to be ended for its memory.",
        "Raise memory_mb of the stage now; what follows is a 502 for every request of that size.",
    ),
    AlarmNote(
        "no-requests",
        "ticket",
        "The API received no request.",
        "Request GET /health by the public name: where that fails, look at domain, certificate and web ACL.",
    ),
    AlarmNote(
        "gpu-memory",
        "ticket",
        "The memory of the GPU is nearly full.",
        "Lower the largest batch of the container, or move a model to another instance.",
    ),
    AlarmNote(
        "availability-slo",
        "page",
        "The last hour was below the availability that was promised.",
        "Find out what fails (error-rate), and stop deployments until it is repaired.",
    ),
    AlarmNote(
        "latency-slo",
        "ticket",
        "The last hour was slower than was promised.",
        "Look for cold starts and long recordings first; both stand on the dashboard.",
    ),
    AlarmNote(
        "availability-burn-fast",
        "page",
        "Errors use up the month's error budget within two days.",
        "Treat it as an outage: roll back, then look.",
    ),
    AlarmNote(
        "availability-burn-slow",
        "ticket",
        "Errors use up the month's error budget within five days.",
        "Find the endpoint and status in the access log today.",
    ),
    AlarmNote(
        "latency-burn-fast",
        "page",
        "Most requests are slower than was promised.",
        "Look at throttles, cold starts and the newest deployment, in this order.",
    ),
    AlarmNote(
        "latency-burn-slow",
        "ticket",
        "Many requests have been slower than was promised for hours.",
        "See whether recordings grew longer or instances start more often.",
    ),
    AlarmNote(
        "approaching-rate-limit",
        "ticket",
        "Callers together come near the rate that API Gateway lets through.",
        "Raise throttle.rate_per_s of the stage with its reserved concurrency, or find the caller.",
    ),
    AlarmNote(
        "high-inference-volume",
        "ticket",
        "More recordings are diagnosed than this stage was sized for.",
        "See whether it is wanted; if so, raise concurrency and budget together.",
    ),
    AlarmNote(
        "dead-letters",
        "ticket",
        "A message of a job failed as often as it may and lies in the dead-letter queue.",
        "Read the message and the worker's log of its job id, mend the cause, then redrive.",
    ),
    AlarmNote(
        "oldest-job",
        "ticket",
        "Jobs wait longer than they should.",
        "See whether the worker runs and fails, or runs and is too slow.",
    ),
    AlarmNote(
        "worker-errors",
        "ticket",
        "The worker was ended in the middle of a message: time, memory, or a crash.",
        "Find the REPORT line of that invocation in the worker's log: it has the time and the memory.",
    ),
    AlarmNote(
        "asset-alerts-failed",
        "page",
        "The alert of an asset was not delivered to its receivers.",
        "Read the event in the rule's dead-letter queue, inform the receivers yourself, then mend topic or key.",
    ),
    AlarmNote(
        "history-lost",
        "ticket",
        "Diagnoses of assets were answered and not kept.",
        "Read the reason in the log, then look at table-throttles and at DynamoDB's health.",
    ),
    AlarmNote(
        "table-throttles",
        "ticket",
        "DynamoDB turns reads or writes of a table away.",
        "See which table; then find the asset or key that is written much more often than others.",
    ),
    AlarmNote(
        "cold-start-share",
        "ticket",
        "Too many requests wait for an instance to start.",
        "Use SnapStart or provisioned concurrency, or see why instances come and go.",
    ),
    AlarmNote(
        "blocked-requests",
        "ticket",
        "The web ACL blocks many more requests than usual.",
        "See which rule and which addresses: an attack needs nothing, a blocked customer does.",
    ),
    AlarmNote(
        "novelty-share",
        "ticket",
        "Many recordings are unlike what the model was trained on.",
        "Find the asset or sensor; do not trust these diagnoses until it is known.",
    ),
    AlarmNote(
        "key-store-failures",
        "page",
        "The functions cannot read the API keys, so requests are refused.",
        "Check whether the secret exists, its key is enabled and the function's role may read it.",
    ),
    AlarmNote(
        "rotation-failures",
        "ticket",
        "The API keys were not rotated: those that have expired are not taken out of the secret.",
        "Read the newest ERROR line of the rotation function; expired keys are refused all the same.",
    ),
    AlarmNote(
        "monthly-budget",
        "ticket",
        "The account costs, or will cost, more than this month's budget.",
        "Open Cost Explorer by service; a caller without a limit or a log without an end is the usual cause.",
    ),
    AlarmNote(
        "deployment-errors",
        "ticket",
        "A version that gets its first requests fails them; CodeDeploy takes it back.",
        "Leave the rollback alone, read the new version's ERROR lines, deploy again when they are understood.",
    ),
)

NOTES = {note.name: note for note in _NOTES}

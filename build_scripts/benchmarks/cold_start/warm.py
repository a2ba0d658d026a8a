"""A started function under many requests: what each costs, and whether memory grows."""

import json
from dataclasses import asdict
from typing import Any

from build_scripts.benchmarks.cold_start.arms import Arm
from build_scripts.data.progress import Progress
from build_scripts.errors import BuildError
from build_scripts.local.lambda_sandbox.events import read_event
from build_scripts.local.lambda_sandbox.sandbox import Sandbox
from build_scripts.measuring.latency import Latency

SETTLED = 100
# Below PALIER_MAX_BODY_BYTES, and below what an event holds beside its headers.
_LARGEST_BODY = 6_000_000


def largest_peak_mb(arm: Arm) -> float:
    """Return the most memory, in MB, that a request as large as an event can be takes; JSON needs the most.

    Raises:
        BuildError: it fails.
    """
    event = read_event("diagnose_json")
    samples = json.loads(event["body"])["signal"]
    one = len(json.dumps(json.dumps(samples))) + 2
    body = json.dumps({"signal": samples * (_LARGEST_BODY // one)})
    with Sandbox(arm.places, arm.function) as sandbox:
        outcome = sandbox.invoke(event | {"body": body})
        if outcome.kind != "response" or outcome.body["statusCode"] != 200:
            raise BuildError(f"{arm.label} does not answer: {outcome.content}")
        return float(outcome.content["max_memory_mb"])


def warm(arm: Arm, requests: int) -> dict[str, Any]:
    """Send so many requests to one sandbox.

    Returns:
        Latency of a request in ms, and the process's resident memory in MB at its peak: after the first hundred
        requests, after all, and the difference.

    Raises:
        BuildError: a request fails.
    """
    times: list[float] = []
    peaks: list[float] = []
    event = read_event(arm.event)
    with Sandbox(arm.places, arm.function) as sandbox:
        for _ in Progress(range(requests), "warm requests", "request"):
            outcome = sandbox.invoke(event)
            if outcome.kind != "response" or outcome.body["statusCode"] != 200:
                raise BuildError(f"{arm.label} does not answer: {outcome.content}")
            times.append(outcome.content["duration_ms"])
            peaks.append(outcome.content["max_memory_mb"])
    settled = peaks[min(SETTLED, requests) - 1]
    return {
        "requests": requests,
        "latency_ms": asdict(Latency.of(times[1:])),
        "settled_mb": settled,
        "peak_mb": peaks[-1],
        "growth_mb": peaks[-1] - settled,
    }

"""API Gateway's limits for each function, low enough that Lambda refuses no request.

API Gateway turns a refusal of Lambda into a 500, an error of the service; a request that it throttles itself gets a
429. Its limits are of one method each, not of all methods together, so the methods of a function share its instances.
They are buckets of tokens, by AWS's word targets and no guarantee. Requests slower than the objective of latency keep
more instances busy; an alarm reports both.
Source: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html,
docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
"""

import math
from collections.abc import Mapping

from cdk.functions import DIAGNOSING, INFERENCE, FunctionSpec
from cdk.stage_parts import Throttle
from cdk.stages import Stage

# The smoke test asks a new version while the one before answers everybody.
SPARE_INSTANCES = 1
# One request at once, and after it one each time that it is over.
LEAST_SHARE = 2
# Of a share, what may come at once; the rest of it is the rate.
_BURST_SHARE = 2 / 3
_RATE_STEPS = 10


def instances_at_once(stage: Stage, throttle: Throttle) -> float:
    """Return how many instances a method keeps busy at its limits, by requests as slow as the objective allows."""
    return throttle.burst + throttle.rate_per_s * _slowest_s(stage)


def instance_shares(stage: Stage, spec: FunctionSpec) -> dict[str, float]:
    """Return the instances of each method of a function: by its weight, and never more than the stage's limits need."""
    weights = {route: spec.weights.get(route, 1) for route in spec.methods(cors=bool(stage.cors_origins))}
    most = instances_at_once(stage, stage.throttle)
    left: float = stage.sizes[spec.name].reserved_concurrency - SPARE_INSTANCES
    shares: dict[str, float] = {}
    # The heaviest first: what one does not need is left for all that follow.
    for route in sorted(weights, key=weights.__getitem__, reverse=True):
        weight = sum(weights[one] for one in weights if one not in shares)
        shares[route] = min(most, left * weights[route] / weight)
        left -= shares[route]
    return shares


def route_throttles(stage: Stage, spec: FunctionSpec) -> Mapping[str, Throttle]:
    """Return the limits of each method of a function, which at their limits together do not fill it."""
    return {route: _throttle(stage, share) for route, share in instance_shares(stage, spec).items()}


def diagnosing_throttle(stage: Stage) -> Throttle:
    """Return the limits of the method that diagnoses: the stage's, unless its share of the instances is smaller."""
    return route_throttles(stage, INFERENCE)[DIAGNOSING]


def _throttle(stage: Stage, share: float) -> Throttle:
    if share >= instances_at_once(stage, stage.throttle):
        return stage.throttle
    burst = max(1, min(stage.throttle.burst, math.floor(round(share * _BURST_SHARE, 6))))
    steps = (share - burst) / _slowest_s(stage) * _RATE_STEPS
    # Rounded first: shares of the same weight differ in their last digits.
    rate_per_s = math.floor(round(steps, 6)) / _RATE_STEPS
    return Throttle(min(stage.throttle.rate_per_s, rate_per_s), burst)


def _slowest_s(stage: Stage) -> float:
    return stage.thresholds.latency_slo_p95_ms / 1e3

"""API Gateway's limits for each function, low enough that Lambda refuses no request.

API Gateway turns a refusal of Lambda into a 500, an error of the service; a request that it throttles itself gets a
429. Its limits are of one method each, not of all methods together.
Source: docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html,
docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
"""

from collections.abc import Iterator

from cdk.functions import FUNCTIONS, FunctionSpec
from cdk.stage_parts import Throttle
from cdk.stages import Stage

# Methods of one function that may be called at their limits at the same time, such as by a page and a plant.
METHODS_AT_ONCE = 2


def concurrency_of_a_method(stage: Stage, function: str) -> int:
    """Return how many instances of a function one of its methods may keep busy."""
    return stage.sizes[function].reserved_concurrency // METHODS_AT_ONCE


def method_throttle(stage: Stage, function: str) -> Throttle:
    """Return the limits of each method of a function: the stage's, or less where the function has fewer instances.

    The rate is what keeps that many instances busy with requests as slow as the objective of latency allows.
    """
    at_once = concurrency_of_a_method(stage, function)
    rate_per_s = at_once / (stage.thresholds.latency_slo_p95_ms / 1e3)
    return Throttle(min(stage.throttle.rate_per_s, rate_per_s), min(stage.throttle.burst, at_once))


def lower_throttles(stage: Stage) -> Iterator[tuple[FunctionSpec, Throttle]]:
    """Yield the functions whose methods need lower limits than the stage's, with these limits."""
    for spec in FUNCTIONS:
        throttle = method_throttle(stage, spec.name)
        if throttle != stage.throttle:
            yield spec, throttle

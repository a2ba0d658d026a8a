"""The limits of an AWS account and of a stage: what a load needs of each, and the rate at which it is reached."""

from dataclasses import dataclass

from build_scripts.palier_cli.planning.load import Load
from cdk.stages import Stage
from cdk.throttles import diagnosing_throttle

# Of an account in a region, unless AWS raised them; Lambda starts so many instances of a function at once, and again
# in ten seconds. Source: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
# docs.aws.amazon.com/apigateway/latest/developerguide/limits.html.
ACCOUNT_CONCURRENCY = 1_000
STARTS_AT_ONCE = 1_000
STARTS_A_SECOND = 100.0
GATEWAY_RATE = 10_000
# An on-demand table before AWS is asked for more. Source:
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html.
TABLE_WRITES_A_SECOND = 40_000
# A partition of a table until DynamoDB has split it. Source:
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
PARTITION_WRITES_A_SECOND = 1_000


@dataclass(frozen=True)
class Limit:
    """One limit.

    Args:
        name: what it limits.
        most: its value, and `needs`: what the load asks of it at its busiest.
        bites_from_rps: the average rate of this pattern from which it refuses.
        where: who sets it, `stage` or `account`.
    """

    name: str
    most: float
    needs: float
    bites_from_rps: float
    where: str

    @property
    def bites(self) -> bool:
        """Whether the load is beyond it."""
        return self.needs > self.most


@dataclass(frozen=True)
class Needs:
    """Needs of a request, and of the load as a whole.

    Args:
        mean_s: how long one takes.
        at_once: instances that the load needs at its busiest.
        write_units: of the history for one; `assets_write_units`: of them those in the partition of all assets.
    """

    mean_s: float
    at_once: int
    write_units: float
    assets_write_units: float


def limits(stage: Stage, load: Load, needs: Needs) -> list[Limit]:
    """Return the limits of a load, those that are reached first at the top.

    Args:
        stage: whose limits.
        load: what comes.
        needs: what its requests need.
    """
    per_key = stage.rate_limits.per_key / stage.rate_limits.window_s
    # The units allowed in a second, and the units that a request takes.
    rates = {
        ("API Gateway, requests a second of a method", "stage"): (diagnosing_throttle(stage).rate_per_s, 1),
        ("web ACL, requests a second of one key", "stage"): (per_key, 1),
        ("API Gateway, requests a second", "account"): (GATEWAY_RATE, 1),
        ("history, write units a second", "account"): (TABLE_WRITES_A_SECOND, needs.write_units),
        ("history, write units of one partition", "account"): (PARTITION_WRITES_A_SECOND, needs.assets_write_units),
    }
    instances = {
        ("instances of the function", "stage"): stage.sizes["inference"].reserved_concurrency,
        ("instances", "account"): ACCOUNT_CONCURRENCY,
    }
    busiest = load.rate * load.peak
    found = [
        Limit(name, most, busiest * units, most / units / load.peak, where)
        for (name, where), (most, units) in rates.items()
    ]
    found += [
        Limit(name, most, needs.at_once, most / needs.mean_s / load.peak, where)
        for (name, where), most in instances.items()
    ]
    return sorted(found, key=lambda one: one.bites_from_rps)

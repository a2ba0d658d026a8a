"""Memory sizes of a function: measured latency beside the price of AWS."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from functions.core.errors import PalierError

MEASURED = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.json"
MILLION = 1_000_000
MB_PER_GB = 1024
# A size is safe where the largest request takes at most a third of it.
LARGEST_SHARE = 1 / 3
# The service's objective for the 95th percentile: a cold start that keeps it is no incident.
COLD_START_OBJECTIVE_MS = 500


class NothingMeasuredError(PalierError):
    """There are no figures to plan with."""

    code = "nothing_measured"


@dataclass(frozen=True)
class Expected:
    """An expected load: requests a month, share of them that meet a cold start, architecture."""

    requests_a_month: float
    cold_share: float
    architecture: str


@dataclass(frozen=True)
class Size:
    """One memory size: what was measured, in ms and MB, and what it costs, in US dollars."""

    memory_mb: int
    cold_ms: float
    warm_p50_ms: float
    warm_p95_ms: float
    peak_mb: float
    lambda_per_million: float
    all_per_million: float
    a_month: float
    advised_for: tuple[str, ...] = ()


def read_sizes(path: Path = MEASURED) -> list[dict[str, Any]]:
    """Return the measured figures of each memory size, the smallest first.

    Raises:
        NothingMeasuredError: there is no benchmark of cold starts.
    """
    try:
        sizes: list[dict[str, Any]] = json.loads(path.read_text())["reports"]["cold_start"]["memory_sizes"]
    except (OSError, ValueError, KeyError) as error:
        raise NothingMeasuredError(f"{path} has no benchmark of cold starts: make bench writes it.") from error
    return sorted(sizes, key=lambda one: int(one["memory_mb"]))


def price_sizes(measured: Sequence[Mapping[str, Any]], expected: Expected) -> list[Size]:
    """Return each memory size with its price under a load, and the stages it is advised for.

    dev: the cheapest that is safe. prod: the cheapest safe one whose cold start stays within
    the latency objective; where none does, the fastest. staging is as prod.
    """
    sizes = [_priced(one, expected) for one in measured]
    safe = [one for one in sizes if one.peak_mb <= LARGEST_SHARE * one.memory_mb] or sizes[-1:]
    quick = [one for one in safe if one.cold_ms <= COLD_START_OBJECTIVE_MS]
    dev = min(safe, key=lambda one: (one.all_per_million, one.memory_mb))
    prod = min(quick, key=lambda one: (one.all_per_million, one.memory_mb), default=None)
    prod = prod or min(safe, key=lambda one: one.cold_ms)
    return [_advised(one, dev, prod) for one in sizes]


def print_sizes(console: Console, sizes: Sequence[Size], expected: Expected) -> None:
    """Print memory sizes as a table."""
    table = Table(box=None, pad_edge=False)
    for column in ("memory MB", "cold start ms", "warm ms", "95 % ms", "peak MB", "Lambda $/million", "all $/million"):
        table.add_column(column, justify="right")
    table.add_column(f"$/month at {expected.requests_a_month:,.0f}", justify="right")
    table.add_column("advised for")
    for size in sizes:
        latencies = (f"{size.cold_ms:.0f}", f"{size.warm_p50_ms:.1f}", f"{size.warm_p95_ms:.1f}", f"{size.peak_mb:.0f}")
        prices = (f"{size.lambda_per_million:.2f}", f"{size.all_per_million:.2f}", f"{size.a_month:.2f}")
        table.add_row(str(size.memory_mb), *latencies, *prices, ", ".join(size.advised_for))
    console.print(table)
    console.print(
        f"Latency: measured in the local Lambda (docs/benchmarks.md). Prices: {expected.architecture}, us-east-1, "
        f"{expected.cold_share:.1%} cold starts; all: with API Gateway and WAF. Idle the functions cost nothing."
    )


def _advised(size: Size, dev: Size, prod: Size) -> Size:
    stages = (("dev",) if size is dev else ()) + (("staging", "prod") if size is prod else ())
    return Size(**(asdict(size) | {"advised_for": stages}))


def _priced(one: Mapping[str, Any], expected: Expected) -> Size:
    # Late: no other command needs prices.
    from cdk.reports.cost import prices

    warm, cold, price = one["warm"]["latency_ms"], one["cold"], prices()["million"]
    gb_second = price[f"{expected.architecture}_gb_s"]["usd"] * one["memory_mb"] / MB_PER_GB
    # AWS bills whole milliseconds, those of the start among them.
    billed_ms = math.ceil(warm["p50_ms"]) + expected.cold_share * math.ceil(cold["total_ms"])
    on_lambda = price["function"]["usd"] + MILLION * billed_ms / 1e3 * gb_second
    everything = on_lambda + price["api"]["usd"] + price["web_acl"]["usd"]
    return Size(
        memory_mb=one["memory_mb"],
        cold_ms=cold["total_ms"],
        warm_p50_ms=warm["p50_ms"],
        warm_p95_ms=warm["p95_ms"],
        peak_mb=one["largest_request_peak_mb"],
        lambda_per_million=on_lambda,
        all_per_million=everything,
        a_month=everything * expected.requests_a_month / MILLION,
    )

"""The plan of a load in a stage: its latency, its cost, and the limits that it meets first."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from build_scripts.palier_cli.planning.fleet import MONTH_S, MeasuredHistory
from build_scripts.palier_cli.planning.limits import ACCOUNT_CONCURRENCY, Limit, Needs, limits
from build_scripts.palier_cli.planning.load import Load
from build_scripts.palier_cli.planning.service_times import ServiceTimes
from build_scripts.palier_cli.planning.ways import UTILIZATION, Simulated, in_container, in_function
from cdk.reports.cost import Costs, gpu_costs, million_costs, prices
from cdk.stages import Stage
from cdk.throttles import diagnosing_throttle

GPU_INSTANCE = "g5.xlarge"
_MIB_A_GB = 1024
_BOUNDLESS = 10**9
# Rates (requests a second) at which the ways are compared.
RATES = tuple(float(rate) for rate in np.geomspace(1e-2, 1e6, 801))


@dataclass(frozen=True)
class Way:
    """One way to serve the load.

    Args:
        name: `on demand`, `provisioned` or `container`.
        simulated: latency, cold starts and refusals of the load.
        instances: that are there all the time; 0 on demand.
        million: US dollars of a million requests, by what they are for.
        fixed_at: US dollars a month of what is there all the time, at an average rate of the same pattern.
    """

    name: str
    simulated: Simulated
    instances: int
    million: Costs
    fixed_at: Callable[[float], float]

    def month_at(self, rate: float) -> float:
        """Return the US dollars of a month of so many requests a second."""
        return self.fixed_at(rate) + sum(self.million.values()) * rate * MONTH_S / 1e6


@dataclass(frozen=True)
class Plan:
    """The plan of a load in a stage: the ways, on demand first, and the limits, those reached first at the top."""

    load: Load
    stage: Stage
    windows: int
    ways: tuple[Way, Way, Way]
    limits: tuple[Limit, ...]

    def cheaper_from(self, way: Way) -> float | None:
        """Return the rate from which a way costs less than on demand, and stays so; None where there is none."""
        on_demand = self.ways[0]
        dearer = [way.month_at(rate) >= on_demand.month_at(rate) for rate in RATES]
        last = max((index for index, one in enumerate(dearer) if one), default=-1)
        return RATES[last + 1] if last + 1 < len(RATES) else None


@dataclass(frozen=True)
class Measured:
    """The measured figures that a plan rests on.

    Args:
        times: of the function at its memory.
        container_per_s: requests of one window that a task answers in a second.
        history: what keeping a diagnosis takes; each request is taken to have an asset.
    """

    times: ServiceTimes
    container_per_s: float
    history: MeasuredHistory


def make_plan(load: Load, stage: Stage, windows: int, measured: Measured, seed: int = 0) -> Plan:
    """Return the plan of a load.

    Args:
        load: what comes.
        stage: where.
        windows: of a request.
        measured: how long they take.
        seed: of the simulation.
    """
    times, units = measured.times, measured.history.alone
    ways = (
        _on_demand(load, stage, measured, seed),
        _provisioned(load, stage, measured, seed),
        _container(load, stage, replace(measured, container_per_s=measured.container_per_s / windows), seed),
    )
    # Needs of the load if nothing refused it.
    open_door = replace(stage.throttle, rate_per_s=math.inf, burst=_BOUNDLESS)
    needed = in_function(load, times, open_door, _BOUNDLESS, seed=seed).most_at_once
    needs = Needs(times.mean_s, needed, units.write_units, units.assets_write_units)
    return Plan(load, stage, windows, ways, tuple(limits(stage, load, needs)))


def million_of(stage: Stage, measured: Measured, cold_share: float, gb_second: float | None = None) -> Costs:
    """Return the US dollars of a million requests in the function.

    Args:
        stage: its architecture and memory.
        measured: how long a request takes, of which AWS bills whole milliseconds, and what keeping it takes.
        cold_share: how many meet a start, which is billed too.
        gb_second: US dollars of a GB-second, where not those of on demand.
    """
    times = measured.times
    billed_ms = math.ceil(times.mean_s * 1e3) + cold_share * math.ceil(times.start_s * 1e3)
    costs = million_costs(stage, billed_ms)
    if gb_second is not None:
        costs["compute"] = gb_second * _gigabytes(stage) * billed_ms * 1e3
    sent = prices()["million"]["transfer_gb"]["usd"] * prices()["assumed"]["answered_kb"]
    return costs | {"transfer_gb": sent, "history": measured.history.alone.usd_million}


def _on_demand(load: Load, stage: Stage, measured: Measured, seed: int) -> Way:
    most = min(stage.sizes["inference"].reserved_concurrency, ACCOUNT_CONCURRENCY)
    simulated = in_function(load, measured.times, diagnosing_throttle(stage), most, seed=seed)
    return Way("on demand", simulated, 0, million_of(stage, measured, simulated.cold_share), lambda _: 0.0)


def _provisioned(load: Load, stage: Stage, measured: Measured, seed: int) -> Way:
    times, price = measured.times, prices()["provisioned"]
    a_month = _gigabytes(stage) * MONTH_S * price[f"{stage.architecture}_gb_s"]["usd"]

    def warm_at(rate: float) -> int:
        return max(1, math.ceil(rate * load.peak * times.mean_s / UTILIZATION))

    warm = warm_at(load.rate)
    most = max(stage.sizes["inference"].reserved_concurrency, warm)
    simulated = in_function(load, times, diagnosing_throttle(stage), most, warm, seed)
    million = million_of(stage, measured, simulated.cold_share, price[f"{stage.architecture}_busy_gb_s"]["usd"])
    return Way("provisioned", simulated, warm, million, lambda rate: warm_at(rate) * a_month)


def _container(load: Load, stage: Stage, measured: Measured, seed: int) -> Way:
    per_s, without_function = measured.container_per_s, replace(measured, times=ServiceTimes((0.0,), (0.0,), 0.0))
    costs = gpu_costs(stage.gpu.instance_type if stage.gpu else GPU_INSTANCE)
    around = sum(usd for name, usd in costs.items() if name != "gpu_instance")

    def tasks_at(rate: float) -> int:
        return max(1, math.ceil(rate * load.peak / per_s / UTILIZATION))

    tasks = tasks_at(load.rate)
    simulated = in_container(load, 1 / per_s, tasks, seed)
    # It has neither API Gateway nor Lambda before it.
    million = {
        name: usd
        for name, usd in million_of(stage, without_function, 0.0).items()
        if name not in {"api", "function", "compute"}
    }
    return Way("container", simulated, tasks, million, lambda rate: around + tasks_at(rate) * costs["gpu_instance"])


def _gigabytes(stage: Stage) -> float:
    return stage.sizes["inference"].memory_mb / _MIB_A_GB


def container_per_s(reports: Mapping[str, Any]) -> float:
    """Return the requests of JSON a second that the container answered with batching, at its most clients.

    Raises:
        KeyError, ValueError: it was not measured.
    """
    cells = [one for one in reports["serving"]["cells"] if (one["server"], one["body"]) == ("batched", "json")]
    return float(max(cells, key=lambda one: int(one["clients"]))["per_second"])

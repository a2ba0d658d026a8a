"""`palier plan`: memory sizes with their price, or the latency, cost and limits of a load."""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_scripts.palier_cli.arguments import STAGE_NAMES, parse_amount, parse_count
from build_scripts.palier_cli.planning.load import PATTERNS, Load
from build_scripts.palier_cli.planning.memory_sizes import MEASURED, Expected, price_sizes, print_sizes, read_sizes
from build_scripts.palier_cli.terminal import screen, write_json
from functions.core.errors import InvalidOptionError

if TYPE_CHECKING:
    from build_scripts.palier_cli.planning.fleet import FleetPlan
    from build_scripts.palier_cli.planning.plan import Plan


def add_plan(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser(
        "plan",
        help="latency, limits and cost of a load in a stage; without --rps: memory sizes, their latency and price",
        description="With --rps: simulate a load in a stage, with its latency, its cost and the limits it reaches. "
        "With --assets and --diagnoses: what a history takes and costs. Else: show what each memory size of the "
        "function gives and costs, and which each stage should have.",
    )
    parser.add_argument("--rps", type=parse_amount, help="requests a second, on average")
    parser.add_argument("--window", type=parse_count, default=1, help="windows of a request (default: %(default)s)")
    parser.add_argument("--pattern", choices=PATTERNS, default="constant", help="default: %(default)s")
    parser.add_argument("--burst-every-s", type=parse_amount, default=600.0, help="of `burst`: period (%(default)g)")
    parser.add_argument(
        "--burst-within-s", type=parse_amount, default=10.0, help="of `burst`: within it, all comes (%(default)g)"
    )
    parser.add_argument(
        "--stage", choices=STAGE_NAMES, default="prod", help="its limits and sizes (default: %(default)s)"
    )
    parser.add_argument("--memory", type=parse_count, help="MB of the function (default: the stage's)")
    parser.add_argument("--architecture", choices=("arm64", "x86_64"), help="default: the stage's, arm64")
    parser.add_argument("--seed", type=parse_count, default=1, help="of the simulation (default: %(default)s)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="also write cost against rate as SVG")
    parser.add_argument("--requests-a-month", type=parse_amount, default=1e6, help="without --rps; default: a million")
    parser.add_argument(
        "--cold-share",
        type=parse_amount,
        default=0.01,
        help="without --rps: of requests that meet a start (%(default)s)",
    )
    parser.add_argument("--assets", type=parse_count, help="plan a history instead: of how many assets")
    parser.add_argument("--diagnoses", type=parse_amount, help="with --assets: how many the history holds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_plan)


def _plan(arguments: argparse.Namespace) -> int:
    if arguments.assets is not None or arguments.diagnoses is not None:
        return _fleet(arguments)
    if arguments.rps is None:
        return _sizes(arguments)
    # Late: only a plan needs them.
    from build_scripts.palier_cli.planning.plot import draw
    from build_scripts.palier_cli.planning.report import as_json, print_plan

    plan = planned(arguments)
    if arguments.plot:
        draw(plan, arguments.plot)
    if arguments.json:
        write_json(as_json(plan))
    else:
        with screen() as console:
            print_plan(console, plan)
    return 0


def _fleet(arguments: argparse.Namespace) -> int:
    # Late: as of a plan.
    from build_scripts.palier_cli.planning.fleet_report import fleet_as_json, print_fleet

    plan = planned_fleet(arguments)
    if arguments.json:
        write_json(fleet_as_json(plan))
    else:
        with screen() as console:
            print_fleet(console, plan)
    return 0


def planned_fleet(arguments: argparse.Namespace) -> "FleetPlan":
    """Return the plan of the history that the command line describes."""
    from build_scripts.palier_cli.planning.fleet import Fleet, measured_history, plan_fleet
    from cdk.stages import STAGES

    kept_days = STAGES[arguments.stage].retention.history_days
    fleet = Fleet(arguments.assets or 0, int(arguments.diagnoses or 0), kept_days)
    return plan_fleet(fleet, measured_history(json.loads(MEASURED.read_text())["reports"]))


def planned(arguments: argparse.Namespace) -> "Plan":
    """Return the plan of the load that the command line describes."""
    from build_scripts.palier_cli.planning.fleet import measured_history
    from build_scripts.palier_cli.planning.plan import Measured, container_per_s, make_plan
    from build_scripts.palier_cli.planning.service_times import ServiceTimes
    from cdk.stages import STAGES

    load = Load(arguments.rps, arguments.pattern, arguments.burst_every_s, arguments.burst_within_s)
    stage = STAGES[arguments.stage]
    function = stage.sizes["inference"]
    memory_mb = arguments.memory or function.memory_mb
    sizes = {**stage.sizes, "inference": replace(function, memory_mb=memory_mb)}
    stage = replace(stage, sizes=sizes, architecture=arguments.architecture or stage.architecture)
    times = ServiceTimes.measured(_size(memory_mb), arguments.window)
    reports = json.loads(MEASURED.read_text())["reports"]
    measured = Measured(times, container_per_s(reports), measured_history(reports))
    return make_plan(load, stage, arguments.window, measured, arguments.seed)


def _size(memory_mb: int) -> dict[str, Any]:
    sizes = {one["memory_mb"]: one for one in read_sizes()}
    if memory_mb not in sizes:
        known = ", ".join(map(str, sizes))
        raise InvalidOptionError(f"No figures of {memory_mb} MB: measured are {known}.", field="memory")
    return sizes[memory_mb]


def _sizes(arguments: argparse.Namespace) -> int:
    expected = Expected(arguments.requests_a_month, arguments.cold_share, arguments.architecture or "arm64")
    sizes = price_sizes(read_sizes(), expected)
    if arguments.json:
        write_json({"load": asdict(expected), "sizes": [asdict(size) for size in sizes]})
    else:
        with screen() as console:
            print_sizes(console, sizes, expected)
    return 0

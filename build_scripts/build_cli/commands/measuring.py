"""The commands that measure."""

import argparse
import sys
from collections.abc import Callable, Mapping

from build_scripts.build_cli.parser import BUILD, CHECKPOINTS, WORK
from build_scripts.build_cli.tables import Report


def evaluate_command(options: argparse.Namespace) -> Report:
    """Evaluate a packaged model on a file of records."""
    from build_scripts.data.labelled import description_of, read_for
    from build_scripts.evidence.evaluate import evaluate
    from build_scripts.recipes.any_bearing import NAME
    from functions.core.models.models import ModelRepository

    if options.disturbed:
        return _disturbed(options)
    if options.model == NAME:
        return _across_machines(options)
    manifest = ModelRepository(options.models).manifest(options.model)
    records = read_for(options.data, description_of(manifest), manifest.input.channels)
    return evaluate(options.models, options.model, records).as_json()


def _across_machines(options: argparse.Namespace) -> Report:
    """Evaluate any-bearing on recordings of known bearings; `--write` puts it on its card and the benchmark page.

    What is found on a file of recordings also stands on the card of rolling-bearing, beside the figures of its own rig.
    """
    from build_scripts.benchmarks.benchmark_page import ACROSS, write_part
    from build_scripts.evidence.card.across import keep_across
    from build_scripts.evidence.card.step import write_card
    from build_scripts.recipes.across_machines import OLD_MODEL, evaluate_across
    from functions.core.models.models import ModelRepository

    report = evaluate_across(options.models, options.data, WORK / options.model)
    if options.write is not None:
        folder = options.models / options.model / str(report["version"])
        write_part(ACROSS, keep_across(report, folder), options.write)
        write_card(folder)
        if report["served"]:
            other = options.models / OLD_MODEL / ModelRepository(options.models).find(OLD_MODEL)
            keep_across(report, other)
            write_card(other)
    return report


def _disturbed(options: argparse.Namespace) -> Report:
    """Evaluate the journal bearing's model on disturbed records; `--write` puts it on card and benchmark page."""
    from build_scripts.benchmarks.benchmark_page import DISTURBANCES, write_part
    from build_scripts.evidence.card.disturbed import keep_disturbed
    from build_scripts.evidence.card.step import write_card
    from build_scripts.evidence.disturbances import evaluate_disturbed
    from functions.core.models.models import ModelRepository

    report = evaluate_disturbed(options.models, options.model)
    if options.write is not None:
        folder = options.models / options.model / ModelRepository(options.models).find(options.model)
        write_part(DISTURBANCES, keep_disturbed(report, folder), options.write)
        write_card(folder)
    return report


def emulate_command(options: argparse.Namespace) -> Report:
    """Run a package on another processor; `--write` puts the findings on its card."""
    from build_scripts.evidence.card.step import write_card
    from build_scripts.evidence.other_processors.step import EmulationConfig, emulate, keep
    from functions.core.models.models import ModelRepository

    config = EmulationConfig(options.processor, options.data, options.windows, BUILD / "emulation")
    version = ModelRepository(options.models).find(options.model, options.version)
    found = emulate(options.models, options.model, version, config)
    if options.write:
        folder = options.models / options.model / version
        keep(found, options.processor, folder)
        write_card(folder)
    return found.as_json()


def benchmark_command(options: argparse.Namespace) -> Report:
    """Run the benchmark of the options; `--all` gives one report for each benchmark."""
    asked = [name for name in BENCHMARKS if (options.all and name not in _ALONE) or getattr(options, name)]
    reports = {name: BENCHMARKS[name](options) for name in asked}
    if options.write is not None:
        _write(reports, options)
    return dict(reports) if options.all else next(iter(reports.values()))


def attack_command(options: argparse.Namespace) -> Report:
    """Attack decoders, apps, readers and servers; `--replay` takes one case that failed."""
    from build_scripts.benchmarks.attack.benchmark import Servers, replay, run_attack
    from build_scripts.benchmarks.attack.fuzzing import Attack
    from build_scripts.benchmarks.benchmark_page import ROBUSTNESS, write_part

    if options.replay is not None:
        return replay(options.replay)
    if options.cases < 1 or options.soak < 0:
        raise ValueError("--cases must be 1 or more, --soak 0 or more.")
    attack = Attack(options.corpus, options.kept, options.cases, options.seed)
    report = run_attack(attack, Servers(options.soak), lambda line: print(line, file=sys.stderr, flush=True))
    if options.write is not None:
        write_part(ROBUSTNESS, report, options.write)
    return report


def _against_reference(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.benchmark import benchmark_against_reference

    return benchmark_against_reference(options.models, options.model, quick=options.quick)


def _reference(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.variants.reference import benchmark_reference

    return benchmark_reference(quick=options.quick)


def _variants(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.variants.packaged import benchmark_package

    checkpoint = options.checkpoint or CHECKPOINTS / f"{options.model}.pt"
    return benchmark_package(options.models, options.model, checkpoint, quick=options.quick)


def _networks(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.networks.benchmark import benchmark_networks

    return benchmark_networks(quick=options.quick)


def _http(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.benchmark_http import run_http_benchmark

    return run_http_benchmark(quick=options.quick)


def _bearing(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.bearing.benchmark import benchmark_bearing

    return benchmark_bearing(quick=options.quick)


def _cold_start(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.cold_start.benchmark import benchmark_cold_start

    return benchmark_cold_start(BUILD / "cold_start", quick=options.quick)


def _serving(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.container_load.benchmark import benchmark_serving

    return benchmark_serving(options.models, options.model, quick=options.quick)


def _jobs(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.job_load.benchmark import benchmark_jobs

    return benchmark_jobs(quick=options.quick)


def _fleet(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.fleet.benchmark import benchmark_fleet

    return benchmark_fleet(options.models, options.model, quick=options.quick)


def _soak(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.soak.benchmark import Effort, run_soak
    from build_scripts.benchmarks.soak.plot import draw_soak

    if options.minutes <= 0:
        raise ValueError("--minutes must be above 0.")
    report = run_soak(options.models, options.model, Effort(options.minutes * 60))
    if options.write is not None:
        draw_soak(report, options.write)
    return report


def _peers(options: argparse.Namespace) -> Report:
    from build_scripts.benchmarks.peers.benchmark import benchmark_peers

    return benchmark_peers(options.models, options.model, BUILD / "peers", quick=options.quick)


def _write(reports: Mapping[str, Report], options: argparse.Namespace) -> None:
    from build_scripts.benchmarks.benchmark_page import write_benchmarks, write_part
    from functions.core.models.models import ModelRepository

    if options.all:
        write_benchmarks(reports, ModelRepository(options.models).manifest(options.model), options.write)
    for name, report in () if options.all else reports.items():
        write_part(name, report, options.write)


# By the option that asks for each, in the order of `--all`.
BENCHMARKS: Mapping[str, Callable[[argparse.Namespace], Report]] = {
    "against_reference": _against_reference,
    "reference": _reference,
    "variants": _variants,
    "networks": _networks,
    "http": _http,
    "bearing": _bearing,
    "cold_start": _cold_start,
    "serving": _serving,
    "jobs": _jobs,
    "peers": _peers,
    "fleet": _fleet,
    "soak": _soak,
}
# Not of `--all`: peers take environments of their own, a fleet is counted and not timed, a soak takes an hour.
_ALONE = frozenset({"peers", "fleet", "soak"})

"""What measurements are commanded by."""

import argparse
from collections.abc import Callable, Mapping

from build_scripts.build_cli.commands.report import Report
from build_scripts.build_cli.parser import CHECKPOINTS, WORK


def evaluate_command(options: argparse.Namespace) -> Report:
    """Evaluate a packaged model on a file of records."""
    from build_scripts.data.labelled import description_of, read_for
    from build_scripts.evidence.evaluate import evaluate
    from functions.core.models.models import ModelRepository

    manifest = ModelRepository(options.models).manifest(options.model)
    records = read_for(options.data, description_of(manifest), manifest.input.channels)
    return evaluate(options.models, options.model, records).as_json()


def emulate_command(options: argparse.Namespace) -> Report:
    """Run a package on another processor; `--write` puts what was found on its card."""
    from build_scripts.evidence.card.step import write_card
    from build_scripts.evidence.other_processors.step import Question, emulate, keep

    work = WORK.parent / "emulation"
    question = Question(options.processor, options.data, options.windows, work)
    found = emulate(options.models, options.model, options.version, question)
    if options.write:
        folder = options.models / options.model / options.version
        keep(found, options.processor, folder)
        write_card(folder)
    return found.as_json()


def benchmark_command(options: argparse.Namespace) -> Report:
    """Time what was asked for; `--all` gives one report for each benchmark."""
    from build_scripts.benchmarks import benchmark
    from build_scripts.benchmarks.benchmark_page import write_benchmarks
    from build_scripts.benchmarks.variants.packaged import benchmark_package
    from build_scripts.benchmarks.variants.reference import benchmark_reference
    from functions.core.models.models import ModelRepository

    if options.write is not None and not options.all:
        raise ValueError("--write needs --all: the page shows every benchmark.")

    quick = options.quick
    checkpoint = options.checkpoint or CHECKPOINTS / f"{options.model}.pt"
    available: Mapping[str, Callable[[], Report]] = {
        "against_reference": lambda: benchmark.benchmark_against_reference(options.models, options.model, quick=quick),
        "reference": lambda: benchmark_reference(quick=quick),
        "variants": lambda: benchmark_package(options.models, options.model, checkpoint, quick=quick),
        "http": lambda: benchmark.run_http_benchmark(quick=quick),
        "cold_start": lambda: benchmark.run_cold_start_benchmark(WORK.parent / "cold_start", quick=quick),
        "serving": lambda: benchmark.run_serving_benchmark(options.models, options.model, quick=quick),
        "jobs": lambda: benchmark.run_jobs_benchmark(quick=quick),
    }
    reports = {name: run() for name, run in available.items() if options.all or getattr(options, name)}
    if options.write is not None:
        write_benchmarks(reports, ModelRepository(options.models).manifest(options.model), options.write)
    return dict(reports) if options.all else next(iter(reports.values()))

"""The arguments of `palier jobs`."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from build_scripts.palier_cli import jobs
from build_scripts.palier_cli.arguments import add_severity_options, parse_count, parse_header, parse_name
from build_scripts.palier_cli.bearings.options import add_operation_options
from build_scripts.palier_cli.files.options import add_file_options
from build_scripts.palier_cli.files.recordings import KNOWN_FORMATS

_LOCAL = "http://127.0.0.1:8000"
KEY = "PALIER_KEY"
_RESULTS = (".jsonl", ".csv")


def add_jobs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `jobs` and the commands below it."""
    parser = commands.add_parser(
        "jobs",
        help="have many recordings diagnosed while nobody waits",
        description="Jobs of a service: many recordings, uploaded at once and diagnosed while nobody waits.",
    )
    below = parser.add_subparsers(required=True, metavar="ACTION")
    _add_submit(below)
    status = _add(below, "status", "show a job, or the newest ones", jobs.status)
    status.add_argument("job", nargs="?", type=parse_name, metavar="JOB", help="default: the newest jobs")
    status.add_argument("--limit", type=parse_count, default=20, help="how many jobs are listed (default: %(default)s)")
    status.add_argument("--wait", action="store_true", help="until the job is over")
    results = _add(below, "results", "show the results that are there", jobs.results)
    results.add_argument("job", type=parse_name, metavar="JOB", help="id of the job")
    _add_output(results)
    cancel = _add(below, "cancel", "cancel a job; what was found stays", jobs.cancel)
    cancel.add_argument("job", type=parse_name, metavar="JOB", help="id of the job")


def _add_submit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    submit = _add(commands, "submit", "upload recordings and have them diagnosed", jobs.submit)
    submit.epilog = "Exit status: 0 all diagnosed, or not waited for; 2 at least one could not be."
    submit.add_argument("files", nargs="+", type=Path, metavar="FILE", help=KNOWN_FORMATS)
    submit.add_argument(
        "--asset-id", type=parse_name, help="the machine that all of them are of; they enter its history"
    )
    add_file_options(submit)
    add_severity_options(submit)
    add_operation_options(submit)
    submit.add_argument("--model", type=parse_name, help="default: the service's default model")
    submit.add_argument("--no-wait", dest="wait", action="store_false", help="return when the job has begun")
    submit.add_argument(
        "--idempotency-key", type=parse_header, help="default: one of files and options, so that the same is one job"
    )
    _add_output(submit)


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--url", type=parse_name, default=_LOCAL, help="of the service (default: %(default)s)")
    parser.add_argument("--key", type=parse_header, default=os.environ.get(KEY), help=f"API key (default: ${KEY})")
    parser.add_argument("--sign", action="store_true", help="sign requests with AWS's credentials")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    return parser


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=_results_file, metavar="FILE", help="write all results: .jsonl or .csv")


def _results_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in _RESULTS:
        raise argparse.ArgumentTypeError(f"{text} ends neither in .jsonl nor in .csv")
    if not path.parent.is_dir() or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no file in a folder that exists")
    return path

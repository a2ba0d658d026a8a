"""The `palier` console script."""

import argparse
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from build_scripts.palier_cli.arguments import (
    add_severity_options,
    parse_header,
    parse_name,
    severity_options,
)
from build_scripts.palier_cli.bearings.command import add_bearings
from build_scripts.palier_cli.bearings.options import add_operation_options, operation_options
from build_scripts.palier_cli.diagnose import diagnose_files, embedded, remote
from build_scripts.palier_cli.files.options import FILE_OPTIONS, add_file_options
from build_scripts.palier_cli.files.recordings import KNOWN_FORMATS, FileChoice
from build_scripts.palier_cli.jobs_parser import KEY, add_jobs
from build_scripts.palier_cli.keys_parser import add_keys
from build_scripts.palier_cli.planning.command import add_plan
from build_scripts.palier_cli.report import print_models, print_outcomes
from build_scripts.palier_cli.signing import signature
from build_scripts.palier_cli.terminal import notify, printable, screen, write, write_json
from functions.core.errors import PalierError
from functions.core.models.models import ModelRepository
from functions.core.models.options import DiagnosisOptions
from functions.core.settings import read_settings
from functions.core.version import VERSION

EXIT_OK, EXIT_FAILED = 0, 2
# As a shell has it of a program that ended by SIGPIPE.
EXIT_UNREAD = 128 + signal.SIGPIPE


class Parser(argparse.ArgumentParser):
    """A parser whose errors show no control characters of what was given."""

    def error(self, message: str) -> NoReturn:
        """Print usage and error, and end with status 2."""
        super().error(printable(message))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0: everything done, 2: something failed, with the reason on standard error."""
    try:
        options = _parse(arguments)
        return int(options.run(options))
    except PalierError as error:
        notify(error.message)
    except BrokenPipeError:
        # The reader of the output has ended, as `head` does.
        return EXIT_UNREAD
    return EXIT_FAILED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    try:
        return cli_parser().parse_args(arguments)
    except SystemExit:
        # A help that could not be printed is a failure.
        write("")
        raise


def cli_parser() -> argparse.ArgumentParser:
    """Return the parser of `palier`."""
    parser: argparse.ArgumentParser = Parser(prog="palier", description="Diagnose machine vibration.")
    parser.add_argument("--version", action="version", version=f"palier {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_diagnose(commands)
    add_jobs(commands)
    add_keys(commands)
    models = commands.add_parser("models", help="list the model packages")
    models.add_argument("--json", action="store_true", help="print one JSON object")
    models.set_defaults(run=_models)
    add_bearings(commands)
    add_plan(commands)
    return parser


def _add_diagnose(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "diagnose",
        help="diagnose recordings",
        description=f"Diagnose recordings ({KNOWN_FORMATS}), here or at a deployed endpoint.",
        epilog="Exit status: 0 all diagnosed, 2 at least one file could not be.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recordings, each in a file")
    add_file_options(parser)
    add_severity_options(parser)
    add_operation_options(parser)
    parser.add_argument("--model", type=parse_name, help="default: the service's default model")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--url", type=parse_name, help="ask this endpoint instead of the engine in this process")
    parser.add_argument(
        "--key", type=parse_header, default=os.environ.get(KEY), help=f"API key for --url (default: ${KEY})"
    )
    parser.add_argument("--sign", action="store_true", help="sign requests to --url with AWS's credentials")
    parser.set_defaults(run=_diagnose)


def _diagnose(arguments: argparse.Namespace) -> int:
    given = {name: getattr(arguments, name) for name in (*FILE_OPTIONS, "model")}
    stated = {name: value for name, value in given.items() if value is not None}
    options = DiagnosisOptions.parse(stated | severity_options(arguments) | operation_options(arguments))
    ask = (
        remote(arguments.url, arguments.key, signature(arguments.url) if arguments.sign else None)
        if arguments.url
        else embedded(read_settings())
    )
    choice = FileChoice(arguments.format, arguments.variable, options.sample_rate_hz is not None)
    outcomes = diagnose_files(arguments.files, options, ask, choice)
    if arguments.json:
        write_json({"diagnoses": [outcome.as_json() for outcome in outcomes]})
    else:
        with screen() as console:
            print_outcomes(console, outcomes)
    for outcome in outcomes:
        if outcome.error is not None:
            notify(f"{outcome.file}: {outcome.error.message}")
    return EXIT_FAILED if any(outcome.error for outcome in outcomes) else EXIT_OK


def _models(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    repository = ModelRepository(settings.models_dir)
    manifests = [repository.manifest(name) for name in repository.names()]
    if arguments.json:
        write_json({"models": [msgspec.to_builtins(manifest) for manifest in manifests]})
    else:
        with screen() as console:
            print_models(console, manifests, settings.default_model)
    return EXIT_OK

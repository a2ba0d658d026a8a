"""A function of the bundle, invoked once: `python -m build_scripts.local.lambda_sandbox inference diagnose_float32`."""

import argparse
import json
import sys
from typing import Any

from build_scripts.local.lambda_sandbox.events import EVENTS, read_event
from build_scripts.local.lambda_sandbox.places import ROOT, NotHereError, make_places
from build_scripts.local.lambda_sandbox.sandbox import Function, Sandbox

HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
# Source: docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEMORY_MB = range(128, 10_241)


def main() -> int:
    """Print the answer and the REPORT line; 0: answered, 1: not, 2: no sandbox here."""
    options = sandbox_parser().parse_args()
    try:
        places = make_places()
    except NotHereError as reason:
        print(f"no local Lambda here: {reason}", file=sys.stderr)
        return 2
    environment = {"PALIER_API_KEYS_REQUIRED": "false"} | dict(options.set)
    function = Function(f"functions.{options.function}.handler.handler", options.memory, environment=environment)
    with Sandbox(places, function) as sandbox:
        if sandbox.started.kind != "next":
            print(json.dumps(dict(sandbox.started.content), indent=2), sandbox.log(), file=sys.stderr)
            return 1
        outcome = sandbox.invoke(options.event)
        print(json.dumps(outcome.content.get("body", outcome.content), indent=2))
        print(sandbox.log(), sandbox.report(outcome), sep="\n", file=sys.stderr)
    return 0 if outcome.kind == "response" else 1


def sandbox_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m build_scripts.local.lambda_sandbox", description=__doc__)
    parser.add_argument("function", choices=HANDLERS)
    what = "a REST API event (.json), or the name of one in events/; its body is filled in from a recording"
    parser.add_argument("event", type=_event, help=what)
    parser.add_argument("--memory", type=_memory_mb, default=1769, help="MB (default: %(default)s)")
    parser.add_argument(
        "--set",
        action="append",
        type=_variable,
        default=[],
        metavar="NAME=VALUE",
        help="environment; keys are not asked for unless set",
    )
    return parser


def _event(text: str) -> Any:
    try:
        return read_event(text)
    except OSError:
        names = ", ".join(sorted(path.stem for path in EVENTS.glob("*.json")))
        raise argparse.ArgumentTypeError(f"there is no event {text!r}; name a file, or one of {names}") from None
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no JSON file; write the event as JSON") from None


def _memory_mb(text: str) -> int:
    if not text.isdecimal() or int(text) not in MEMORY_MB:
        raise argparse.ArgumentTypeError(f"{text!r} is no memory size of Lambda; choose 128 to 10240")
    return int(text)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} sets nothing; write NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())

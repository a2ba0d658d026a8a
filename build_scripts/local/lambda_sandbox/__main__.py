"""A function of the bundle, invoked once: `python -m build_scripts.local.lambda_sandbox inference diagnose_float32`."""

import argparse
import json
import sys
from pathlib import Path

from build_scripts.local.lambda_sandbox.events import read_event
from build_scripts.local.lambda_sandbox.places import ROOT, NotHereError, make_places
from build_scripts.local.lambda_sandbox.sandbox import Function, Sandbox

HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def main() -> int:
    """Print the answer and the REPORT line; 0: answered, 1: not, 2: no sandbox here."""
    parser = argparse.ArgumentParser(prog="python -m build_scripts.local.lambda_sandbox", description=__doc__)
    parser.add_argument("function", choices=HANDLERS)
    what = "a REST API event (.json), or the name of one in events/; its body is filled in from a recording"
    parser.add_argument("event", type=Path, help=what)
    parser.add_argument("--memory", type=int, default=1769, help="MB (default: %(default)s)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="environment; keys are not asked for unless set",
    )
    options = parser.parse_args()
    try:
        places = make_places()
    except NotHereError as reason:
        print(f"no local Lambda here: {reason}", file=sys.stderr)
        return 2
    environment = {"PALIER_API_KEYS_REQUIRED": "false"} | dict(one.split("=", 1) for one in options.set)
    function = Function(f"functions.{options.function}.handler.handler", options.memory, environment=environment)
    with Sandbox(places, function) as sandbox:
        if sandbox.started.kind != "next":
            print(json.dumps(dict(sandbox.started.content), indent=2), sandbox.log(), file=sys.stderr)
            return 1
        outcome = sandbox.invoke(read_event(options.event))
        print(json.dumps(outcome.content.get("body", outcome.content), indent=2))
        print(sandbox.log(), sandbox.report(outcome), sep="\n", file=sys.stderr)
    return 0 if outcome.kind == "response" else 1


if __name__ == "__main__":
    sys.exit(main())

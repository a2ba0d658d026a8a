"""The command line `python -m cdk`: differences and costs of the stages, and steps before and after a deployment."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from cdk.account.emptying import empty_buckets
from cdk.account.preflight import preflight, require_all
from cdk.account.session import AccountError, asking_aws, aws_session
from cdk.account.settling import settle
from cdk.account.stage_url import stage_url
from cdk.account.versions import roll_back
from cdk.functions import FUNCTIONS
from cdk.refusals import StageError
from cdk.reports.differences import as_table, differences
from cdk.stages import STAGES

DEPLOY_PAGE = Path(__file__).resolve().parents[1] / "docs" / "deploy.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 after a line on standard error with the reason."""
    options = make_parser().parse_args(arguments)
    # The CDK warns about Node.js 20 at every start, although it works with it.
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "18,20")
    try:
        with asking_aws():
            options.run(options)
    except (StageError, AccountError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of `python -m cdk`."""
    parser = argparse.ArgumentParser(
        prog="python -m cdk", description="Compare stages and their costs; steps before and after a deployment."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    diff = commands.add_parser("diff-stages", help="what differs between dev, staging and prod")
    diff.add_argument("--json", action="store_true", help="print one JSON object")
    diff.set_defaults(run=_diff_stages)
    cost = commands.add_parser("cost", help="what each stage costs, idle and by the million requests")
    cost.add_argument("--json", action="store_true", help="print one JSON object")
    cost.add_argument("--write", action="store_true", help="render it into docs/deploy.md")
    cost.add_argument("--bundle", type=Path, default=Path("build"), help="folder of the bundle; default: build")
    cost.set_defaults(run=_cost)
    _of_a_stage(commands, "empty", "empty the buckets of a stage that does not keep its data", _empty)
    _of_a_stage(commands, "settle", "after a deployment: protect tables, delete versions that are too many", _settle)
    text = "move the functions that were deployed last to the versions before"
    rollback = _of_a_stage(commands, "rollback", text, _rollback)
    rollback.add_argument("--function", action="append", choices=[spec.name for spec in FUNCTIONS], default=[])
    _of_a_stage(commands, "preflight", "ask the account for what a stage needs, before it is deployed", _preflight)
    _of_a_stage(commands, "url", "print where a deployed stage answers", _url)
    return parser


def _of_a_stage(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    command.add_argument("--stage", required=True, choices=list(STAGES))
    command.set_defaults(run=run)
    return command


def _diff_stages(options: argparse.Namespace) -> None:
    found = differences(list(STAGES.values()))
    if options.json:
        print(json.dumps({one.field: dict(zip(STAGES, one.values, strict=True)) for one in found}))
    else:
        print(as_table(["field", *STAGES], [[one.field, *one.values] for one in found]), end="")


def _cost(options: argparse.Namespace) -> None:
    # Late: they need the CDK and Node.js, which take seconds to load.
    from cdk.reports.cost import render, with_costs
    from cdk.reports.dry_synth import stage_costs

    costs = stage_costs(options.bundle)
    if options.write:
        DEPLOY_PAGE.write_text(with_costs(DEPLOY_PAGE.read_text(), costs))
    elif options.json:
        print(json.dumps([asdict(one) for one in costs]))
    else:
        print(render(costs), end="")


def _empty(options: argparse.Namespace) -> None:
    stage = STAGES[options.stage]
    # A stage that keeps its data needs neither region nor credentials for that.
    emptied = [] if stage.retention.removal == "retain" else empty_buckets(stage, aws_session())
    print(f"emptied: {', '.join(emptied) or 'nothing'}")


def _settle(options: argparse.Namespace) -> None:
    for line in settle(STAGES[options.stage], aws_session()):
        print(line)


def _rollback(options: argparse.Namespace) -> None:
    for move in roll_back(STAGES[options.stage], aws_session(), options.function):
        print(f"{move.function}: version {move.old} -> {move.new}")


def _preflight(options: argparse.Namespace) -> None:
    findings = preflight(STAGES[options.stage], aws_session())
    for one in findings:
        print(one.line())
    require_all(findings)


def _url(options: argparse.Namespace) -> None:
    print(stage_url(STAGES[options.stage], aws_session()))


if __name__ == "__main__":
    sys.exit(main())

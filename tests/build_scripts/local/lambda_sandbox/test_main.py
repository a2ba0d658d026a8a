"""The command line of the local Lambda refuses what it cannot use before anything starts."""

import pytest

from build_scripts.local.lambda_sandbox.__main__ import sandbox_parser
from build_scripts.local.lambda_sandbox.events import read_event


def test_its_arguments_are_read() -> None:
    options = sandbox_parser().parse_args(
        ["inference", "diagnose_json", "--memory", "512", "--set", "A=b=c", "--set", "EMPTY="]
    )
    assert (options.function, options.memory) == ("inference", 512)
    assert options.event == read_event("diagnose_json")
    assert dict(options.set) == {"A": "b=c", "EMPTY": ""}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["inference", "nothing"], "there is no event 'nothing'; name a file, or one of "),
        (["inference", "diagnose_json", "--memory", "64"], "'64' is no memory size of Lambda; choose 128 to 10240"),
        (["inference", "diagnose_json", "--memory", "-1"], "'-1' is no memory size of Lambda; choose 128 to 10240"),
        (["inference", "diagnose_json", "--set", "PALIER_THREADS"], "'PALIER_THREADS' sets nothing; write NAME=VALUE"),
    ],
)
def test_what_it_cannot_use_is_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit):
        sandbox_parser().parse_args(arguments)
    assert sentence in capsys.readouterr().err

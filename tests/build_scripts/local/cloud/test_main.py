"""The command line of the local cloud, without the cloud."""

from pathlib import Path

import pytest

from build_scripts.local.aws.embedded.access import ACCOUNT, REGION, Access
from build_scripts.local.cloud import __main__ as command


def test_the_environment_is_that_of_the_services_that_are_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    access = Access("http://localhost:4566", ACCOUNT, "a secret")
    monkeypatch.setattr(command, "running", lambda _: access)
    command.environment()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "export AWS_ENDPOINT_URL=http://localhost:4566",
        f"export AWS_DEFAULT_REGION={REGION}",
        f"export AWS_ACCESS_KEY_ID={ACCOUNT}",
        "export AWS_SECRET_ACCESS_KEY='a secret'",
    ]


def test_without_services_it_states_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "DATA", tmp_path)
    monkeypatch.setattr("sys.argv", ["cloud", "environment"])
    assert command.main() == 2
    assert capsys.readouterr().err == "cloud: no services are up; run make cloud first\n"

"""The command line of the stages."""

import json

import pytest

from cdk.__main__ import main


def test_diff_stages_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff-stages"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["|", "field", "|", "dev", "|", "staging", "|", "prod", "|"]
    assert any(line.split()[1] == "retention.removal" for line in lines)


def test_diff_stages_prints_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff-stages", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shift"]["prod"] == "canary_10_percent_15_minutes"


def test_an_unknown_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["empty", "--stage", "qa"])
    assert "invalid choice: 'qa'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["empty", "settle", "rollback", "preflight", "url"])
def test_without_a_region_it_says_so(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert main([command, "--stage", "dev"]) == 1
    sentence = "There is no AWS region: set AWS_REGION, or a region in the AWS profile.\n"
    assert capsys.readouterr().err == sentence


def test_prod_is_never_emptied(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["empty", "--stage", "prod"]) == 0
    assert capsys.readouterr().out == "emptied: nothing\n"

"""pip-audit's findings, from a stored report: nothing is sent here."""

from datetime import date
from pathlib import Path

import pytest

from build_scripts.errors import BuildError
from build_scripts.lambda_bundle.checks import vulnerabilities
from build_scripts.lambda_bundle.checks.vulnerabilities import ACCEPTED, LOCKS, accepted_now, main, read_report

REPORT = (Path(__file__).resolve().parents[3] / "fixtures/audit/pip_audit.json").read_text()
TODAY = date(2026, 11, 30)


def auditor(folder: Path, script: str) -> str:
    path = folder / "pip-audit"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_each_entry_is_reported_with_what_mends_it() -> None:
    assert [str(one) for one in read_report("gpu.txt", REPORT)] == [
        "gpu.txt: starlette 0.40.0 has GHSA-2c2j-9gv5-cj73, fixed in 0.47.2",
        "gpu.txt: old 1.0 has PYSEC-2020-1, not fixed yet",
    ]


def test_a_package_that_was_not_looked_for_is_no_good_news() -> None:
    report = '{"dependencies": [{"name": "torch", "skip_reason": "not found"}]}'
    with pytest.raises(BuildError, match=r"torch of torch.txt was not looked for, for pip-audit skips it: not found"):
        read_report("torch.txt", report)


@pytest.mark.parametrize("report", ["", "[]", "{}", '{"dependencies": [{"name": "a", "version": "1"}]}'])
def test_what_is_no_report_is_a_sentence(report: str) -> None:
    with pytest.raises(BuildError, match=r"What pip-audit prints about dev.txt cannot be read"):
        read_report("dev.txt", report)


def test_what_is_accepted_has_a_reason_and_an_end() -> None:
    text = '[A]\nreason = "not called"\nuntil = 2026-11-30\n[B]\nreason = "not called"\nuntil = 2026-11-29\n'
    assert accepted_now(text, TODAY) == {"A"}
    with pytest.raises(BuildError, match="C is accepted without a reason or a day"):
        accepted_now("[C]\nuntil = 2026-12-01\n", TODAY)
    accepted_now(ACCEPTED.read_text(), TODAY)


def test_it_fails_on_what_is_found_and_not_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report").write_text(REPORT)
    monkeypatch.setattr(vulnerabilities, "LOCKS", (LOCKS[0],))
    program = auditor(tmp_path, f"cat {tmp_path}/report; exit 1")
    assert main(["--auditor", program]) == 1
    assert capsys.readouterr().out.count("requirements.txt: ") == 2
    accepted = tmp_path / "accepted.toml"
    entry = 'reason = "not called"\nuntil = 9999-01-01\n'
    accepted.write_text(f"[GHSA-2c2j-9gv5-cj73]\n{entry}[PYSEC-2020-1]\n{entry}")
    monkeypatch.setattr(vulnerabilities, "ACCEPTED", accepted)
    assert main(["--auditor", program]) == 0
    assert capsys.readouterr().out == "No known vulnerability in 1 locks.\n"


def test_a_database_that_does_not_answer_is_no_good_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(vulnerabilities, "LOCKS", (LOCKS[0],))
    assert main(["--auditor", auditor(tmp_path, "echo 'no route to host' >&2; exit 1")]) == 1
    sentence = "pip-audit could not look requirements.txt up, and ended with status 1: no route to host."
    assert capsys.readouterr().err == f"error: {sentence}\n"
    assert main(["--auditor", str(tmp_path / "nowhere")]) == 1


def test_every_lock_is_looked_up() -> None:
    names = {lock.name for lock in LOCKS}
    assert {"requirements.txt", "container.txt", "gpu.txt", "cdk.txt", "torch.txt", "audit.txt"} <= names

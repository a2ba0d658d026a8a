"""The texts of alarms, and the section of docs/runbook.md for each."""

import re
from pathlib import Path

import pytest

from cdk.alarm_notes import NOTES
from tests.cdk.monitored_stage import Name, alarms, resources

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNBOOK = (DOCS / "runbook.md").read_text()
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
# Sections on what is no alarm have titles of several words.
STAGES: list[Name] = ["prod", "dev"]
# The most that CloudWatch takes.
LONGEST_DESCRIPTION = 1024


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    assert list(SECTIONS) == list(NOTES)


@pytest.mark.parametrize("name", NOTES)
def test_a_section_says_what_it_means_how_to_look_and_what_to_do(name: str) -> None:
    note, section = NOTES[name], SECTIONS[name]
    assert f"**{note.severity}**" in section
    for part in ("Means:", "Look:", "Do:"):
        assert len(re.findall(rf"^- {part} \S", section, re.MULTILINE)) == 1, part
    assert len(section) > 300


def test_every_alarm_stands_in_the_table_of_alarms() -> None:
    table = re.findall(r"^\| (`[a-z0-9`, -]+`) \|.*\|.*\|$", (DOCS / "observability.md").read_text(), re.MULTILINE)
    assert {name for row in table for name in re.findall(r"`([a-z0-9-]+)`", row)} == set(NOTES)


@pytest.mark.parametrize("stage", STAGES)
def test_every_deployed_alarm_says_what_to_do_and_links_its_section(stage: Name) -> None:
    for name, alarm in alarms(stage).items():
        section = re.sub(r"-\d+m$", "", name)
        assert alarm["AlarmDescription"].endswith(f" Runbook: docs/runbook.md#{section}")
        assert alarm["AlarmDescription"].startswith(f"{NOTES[section].problem} {NOTES[section].first_step}")
        assert len(alarm["AlarmDescription"]) <= LONGEST_DESCRIPTION


def test_every_note_is_deployed_here_or_by_another_stack() -> None:
    deployed = {re.sub(r"-\d+m$", "", name) for name in alarms("prod")}
    assert set(NOTES) - deployed == {"gpu-memory", "monthly-budget", "deployment-errors"}
    assert len(resources("prod", "AWS::Budgets::Budget")) == 1


@pytest.mark.parametrize("note", NOTES.values(), ids=lambda note: note.name)
def test_a_note_is_two_sentences_for_a_tired_person(note: object) -> None:
    for sentence in (getattr(note, "problem"), getattr(note, "first_step")):  # noqa: B009
        assert re.fullmatch(r"[A-Z].{10,120}\.", sentence)

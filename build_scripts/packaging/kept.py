"""What other commands measured of a package: it outlives a build of the same answers that replaces it."""

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

from build_scripts.evidence.card import across, disturbed
from build_scripts.evidence.other_processors import step
from functions.core.models.manifest import read_manifest

# What makes each anew.
COMMANDS: Mapping[str, str] = {
    across.FILE: "evaluate --model any-bearing --data DATA --write docs",
    disturbed.FILE: "evaluate --model {name} --disturbed --write docs",
    step.FILE: "emulate --model {name} --processor PROCESSOR --data RECORDS --write",
}

# What is measured of answers as they are served, and not of the files alone.
_OF_ANSWERS = (across.FILE, disturbed.FILE)

log = logging.getLogger("build")


def keep_measured(old: Path, new: Path) -> None:
    """Copy what was measured of the package in `old` to one in `new` that answers the same.

    Of one that answers otherwise, only what was measured of other versions is copied, for these may be gone; the log
    names the commands that make the rest anew.
    """
    measured = {name: command for name, command in COMMANDS.items() if (old / name).exists()}
    if not measured:
        return
    if _answers(old) == _answers(new):
        for name in measured:
            shutil.copyfile(old / name, new / name)
        return
    manifest = read_manifest((new / "manifest.json").read_bytes())
    if disturbed.FILE in measured:
        _keep_other_versions(old / disturbed.FILE, new / disturbed.FILE, manifest.version)
    for name, command in measured.items():
        made_by = command.format(name=manifest.name)
        log.warning("%s was measured on the package that is replaced: make it anew with `%s`", name, made_by)


def resting_on_trust(folder: Path) -> dict[str, str]:
    """Return what was measured of a package's answers, each with the command that makes it anew."""
    name = read_manifest((folder / "manifest.json").read_bytes()).name
    return {one: COMMANDS[one].format(name=name) for one in _OF_ANSWERS if (folder / one).exists()}


def _answers(folder: Path) -> tuple[object, ...]:
    """Return what answers come from: the files of the variants and the calibration."""
    found = read_manifest((folder / "manifest.json").read_bytes())
    files = {one.precision: one.sha256 for one in found.variants}
    return files, found.temperature, found.join, found.novelty, found.trust


def _keep_other_versions(old: Path, new: Path, version: str) -> None:
    report = json.loads(old.read_bytes())
    others = {name: found for name, found in report["versions"].items() if name != version}
    if others:
        new.write_text(json.dumps(report | {"versions": others}, indent=2) + "\n")

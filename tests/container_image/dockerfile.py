"""Dockerfile.gpu as data, and its stages carried out in a folder: what can be done of it without Docker."""

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile.gpu"
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True)
class Step:
    """One instruction: its word, the flags before its arguments, and the arguments."""

    word: str
    flags: tuple[str, ...]
    rest: str


@dataclass
class Stage:
    """What stands between one FROM and the next."""

    base: str
    steps: list[Step] = field(default_factory=list)

    def last(self, word: str) -> Step:
        return [step for step in self.steps if step.word == word][-1]

    def environment(self) -> dict[str, str]:
        pairs = [part.partition("=") for step in self.steps if step.word == "ENV" for part in shlex.split(step.rest)]
        return {name: value for name, _, value in pairs}

    def labels(self) -> dict[str, str]:
        pairs = [part.partition("=") for step in self.steps if step.word == "LABEL" for part in shlex.split(step.rest)]
        return {name: value for name, _, value in pairs}


def instructions(text: str) -> list[Step]:
    """Every instruction, continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    steps = []
    for line in filter(None, joined.splitlines()):
        word, _, rest = line.partition(" ")
        flags = []
        while rest.startswith("--"):
            flag, _, rest = rest.partition(" ")
            flags.append(flag)
        steps.append(Step(word, tuple(flags), rest.strip()))
    return steps


def stages(text: str) -> dict[str, Stage]:
    """The stages by name."""
    found: dict[str, Stage] = {}
    current = None
    for step in instructions(text):
        if step.word == "FROM":
            base, _, name = step.rest.partition(" AS ")
            current = found[name] = Stage(base)
        elif current is not None:
            current.steps.append(step)
    return found


def substituted(text: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def carry_out(stage: Stage, place: Path, context: Path, values: dict[str, str]) -> None:
    """Do what a stage does, /opt/palier being a folder of its own; `python` is this interpreter's base."""
    for step in stage.steps:
        arguments = substituted(step.rest, values).replace("/opt/palier", str(place))
        if step.word == "RUN":
            subprocess.run(["/bin/sh", "-c", arguments], check=True, cwd=place.parent, timeout=600)
        elif step.word == "COPY" and not step.flags:
            source, destination = arguments.split(" ")
            _copy(context / source, Path(destination))


def _copy(source: Path, destination: Path) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, destination)
    else:
        shutil.copyfile(source, destination)

"""Cases by number: made of a random seed and the number, kept when they fail, and read again from their file."""

import base64
import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from build_scripts.benchmarks.attack.targets import TARGETS
from build_scripts.errors import BuildError


@dataclass(frozen=True)
class Case:
    """Bytes for a target; `name` is that of the seed which they were made of."""

    target: str
    name: str
    content: bytes


@dataclass(frozen=True)
class Failure:
    """A case that failed: its kind (`500`, `exception`, `hang`, `crash`), and the reason."""

    case: Case
    kind: str
    reason: str


class Cases:
    """All cases of a target and a random seed, each by its number, in any order."""

    def __init__(self, corpus: Path, target: str, seed: int) -> None:
        self._corpus, self._target, self._seed = corpus, target, seed

    @cached_property
    def seeds(self) -> Mapping[str, bytes]:
        """Files of the corpus by their name.

        Raises:
            BuildError: there are none.
        """
        folder = self._corpus / self._target
        found = {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}
        if not found:
            raise BuildError(
                f"The corpus has no files for {self._target}: none lie in {folder}. Name another: --corpus."
            )
        return found

    def unchanged(self) -> list[Case]:
        """Return the seeds as they are."""
        return [Case(self._target, name, content) for name, content in self.seeds.items()]

    def __getitem__(self, index: int) -> Case:
        """Return one case."""
        rng = random.Random(f"{self._target}:{self._seed}:{index}")  # noqa: S311 - cases, no secrets
        name = rng.choice(list(self.seeds))
        content = TARGETS[self._target].mutate(rng, self.seeds[name], list(self.seeds.values()))
        return Case(self._target, name, content)


def keep(failure: Failure, folder: Path) -> Path:
    """Write a failure into a folder; the same case is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    case = failure.case
    path = folder / f"{case.target}-{hashlib.sha256(case.content).hexdigest()[:12]}.json"
    content = asdict(case) | {"content": base64.b64encode(case.content).decode()}
    path.write_text(json.dumps({"kind": failure.kind, "reason": failure.reason, "case": content}, indent=1) + "\n")
    return path


def read_kept(path: Path) -> Case:
    """Return the case of a file that `keep` wrote.

    Raises:
        BuildError: it is none.
    """
    try:
        case = json.loads(path.read_text())["case"]
        return Case(case["target"], case["name"], base64.b64decode(case["content"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{path} is no case that failed: {error!r}. Give a file that `attack` kept.") from None

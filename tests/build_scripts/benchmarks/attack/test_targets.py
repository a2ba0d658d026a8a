"""A small part of `make attack`, the same cases every time; also every seed as it is."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from build_scripts.benchmarks.attack.block import Counts, attack, judge
from build_scripts.benchmarks.attack.cases import Cases
from build_scripts.benchmarks.attack.targets import TARGETS

CORPUS = Path(__file__).resolve().parents[3] / "fixtures" / "attack"
# A case of `files` may cost a process.
CASES = {name: 25 if name == "files" else 300 for name in TARGETS}
# Seeds too short for a window, and what is not offered; all others are accepted.
REFUSED = {
    *("native/short.http", "native/csv.http", "native/preflight.http"),
    *("v2/short.http", "v2/unload.http", "lambda/batch.json", "container/deep.http"),
}


@pytest.fixture(autouse=True)
def few_to_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("build_scripts.benchmarks.attack.block.WARM_UP_CASES", 0)


@pytest.mark.parametrize("target", TARGETS)
def test_no_case_is_a_defect(target: str, tmp_path: Path) -> None:
    numbers = range(CASES[target])
    *_, counts = attack(Cases(CORPUS, target, 1), target, numbers, tmp_path / "kept", tmp_path / "progress")
    assert counts.kept == []
    assert (counts.cases, counts.server_errors, counts.exceptions) == (len(numbers), 0, 0)
    assert 0 < counts.refused < counts.cases
    assert (tmp_path / "progress").read_bytes() == (len(numbers) - 1).to_bytes(8, "little")


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_are_what_they_say(target: str) -> None:
    cases = Cases(CORPUS, target, 1).unchanged()
    refused = []
    with ExitStack() as opened:
        take = TARGETS[target].opened(opened)
        for case in cases:
            counts = Counts()
            assert judge(take, case, counts) is None
            refused += [f"{target}/{case.name}"] if counts.refused else []
    assert set(refused) == {name for name in REFUSED if name.startswith(target)}
    assert len(refused) < len(cases)


def test_every_target_has_its_share() -> None:
    assert sum(target.share for target in TARGETS.values()) == pytest.approx(1)
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)

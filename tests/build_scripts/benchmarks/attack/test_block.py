"""Defects are found, kept and tried again; a process that crashes is followed by another."""

import json
from pathlib import Path

import pytest

from build_scripts.benchmarks.attack import fuzzing
from build_scripts.benchmarks.attack.benchmark import replay
from build_scripts.benchmarks.attack.block import Counts, judge
from build_scripts.benchmarks.attack.cases import Case, Cases, Failure, keep, read_kept
from build_scripts.benchmarks.attack.fuzzing import BLOCK_CASES, Attack, Block, add, plan, run_block
from build_scripts.benchmarks.attack.targets import TARGETS
from build_scripts.errors import BuildError
from functions.core.errors import MalformedBodyError

CASE = Case("decoders", "options.json", b"\xff{}")


@pytest.mark.parametrize(
    ("taken", "kind", "counted"),
    [
        (200, None, Counts(cases=1)),
        (422, None, Counts(cases=1, refused=1)),
        (500, "500", Counts(cases=1, server_errors=1)),
        (503, "500", Counts(cases=1, server_errors=1)),
        (MalformedBodyError("It is broken."), None, Counts(cases=1, refused=1)),
        (OSError("no such file"), None, Counts(cases=1, refused=1)),
        (IndexError("out of range"), "exception", Counts(cases=1, exceptions=1)),
        (MemoryError(), "exception", Counts(cases=1, exceptions=1)),
    ],
    ids=str,
)
def test_what_is_a_defect(taken: int | Exception, kind: str | None, counted: Counts) -> None:
    def take(name: str, content: bytes) -> int:
        assert (name, content) == (CASE.name, CASE.content)
        if isinstance(taken, Exception):
            raise taken
        return taken

    counts = Counts()
    failure = judge(take, CASE, counts)
    assert (failure.kind if failure else None) == kind
    counts.slowest_s = 0.0
    assert counts == counted


def test_what_takes_too_long_is_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("build_scripts.benchmarks.attack.block.HANG_S", -1.0)
    counts = Counts()
    failure = judge(lambda name, content: 200, CASE, counts)
    assert failure is not None
    assert (failure.kind, counts.hangs) == ("hang", 1)


def test_a_failure_is_a_file_that_can_be_replayed(tmp_path: Path) -> None:
    path = keep(Failure(CASE, "exception", "IndexError: out of range"), tmp_path / "kept")
    assert path == keep(Failure(CASE, "exception", "again"), tmp_path / "kept")
    assert read_kept(path) == CASE
    report = replay(path)
    assert (report["target"], report["failure"], report["refused"], report["failed"]) == ("decoders", "none", 1, [])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"case": {"target": "v2", "name": "a", "content": "a"}}'])
def test_what_is_no_kept_case_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(content)
    with pytest.raises(BuildError, match="no case that failed"):
        replay(path)


def test_a_case_of_no_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is for 'other'; there are decoders"):
        replay(keep(Failure(Case("other", "a", b""), "500", ""), tmp_path))


def test_a_corpus_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no files for v2"):
        Cases(tmp_path, "v2", 1)[0]


def test_blocks_are_all_cases_once() -> None:
    blocks = list(plan(20_000))
    assert {block.target for block in blocks} == set(TARGETS)
    assert sum(len(block.numbers) for block in blocks) == 20_000
    assert max(len(block.numbers) for block in blocks) == BLOCK_CASES
    assert len(list(plan(1))) == len(TARGETS)


def test_sums_and_worst() -> None:
    total = Counts(cases=2, slowest_s=1.0, growth_mb=3.0, kept=["a"])
    add(total, Counts(cases=3, hangs=1, slowest_s=0.5, growth_mb=4.0, kept=["b"]))
    assert total == Counts(cases=5, hangs=1, slowest_s=1.0, growth_mb=4.0, kept=["a", "b"])


def test_after_a_crash_the_next_case_has_another_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fuzzing, "MODULE", "tests.support.crashing_block")
    corpus = tmp_path / "corpus"
    (corpus / "decoders").mkdir(parents=True)
    (corpus / "decoders" / "a.json").write_text("{}")
    counts = run_block(Attack(corpus, tmp_path / "kept", 10, 1), Block("decoders", range(10)))
    assert (counts.cases, counts.exceptions, counts.hangs) == (10, 1, 0)
    (path,) = map(Path, counts.kept)
    kept = json.loads(path.read_text())
    assert (kept["kind"], kept["reason"]) == ("crash", "a native library ended it")
    assert read_kept(path) == Cases(corpus, "decoders", 1)[4]


def test_a_block_that_does_not_start_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"attack on v2 did not start: .*no files for v2"):
        run_block(Attack(tmp_path, tmp_path / "kept", 10, 1), Block("v2", range(10)))

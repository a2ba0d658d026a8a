from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from build_scripts.data.simulation.setup import RATED, Chain, Setup
from build_scripts.errors import DataError
from build_scripts.evidence.disturbances import KINDS, Disturbed, counted, evaluate_disturbed
from build_scripts.measuring.outputs import RecordOutputs
from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import JoinRule, NoveltyRule, TrustRule
from functions.core.models.models import ModelRepository

NAME = "journal-bearing"


def output(logits: list[float], distance: float) -> EngineOutput:
    return EngineOutput(np.array([logits], np.float32), np.array([distance], np.float32))


def test_records_are_counted_as_flagged_right_wrong_and_sure(shipped_models: Path) -> None:
    manifest = msgspec.structs.replace(
        ModelRepository(shipped_models).manifest(NAME),
        temperature=1.0,
        join=JoinRule(),
        novelty=NoveltyRule(scale=1.0, threshold=0.5),
        trust=TrustRule(),
    )
    sure, unsure = [9.0, 0.0, 0.0], [1.0, 0.0, 0.0]
    outputs = (output(sure, 0.1), output(sure, 0.1), output(unsure, 0.1), output(sure, 3.0))
    found = counted(RecordOutputs(outputs, np.array([0, 1, 1, 1])), manifest)
    assert found == Disturbed(records=4, flagged=1, right=1, wrong=2, sure_and_wrong=1)
    doubted = msgspec.structs.replace(manifest, trust=TrustRule(novelty_from=0.0, slope=100.0, least=0.0))
    assert counted(RecordOutputs(outputs, np.array([0, 1, 1, 1])), doubted) == replace(found, sure_and_wrong=0)
    with pytest.raises(DataError, match="measures no novelty"):
        counted(RecordOutputs(outputs, np.array([0, 1, 1, 1])), msgspec.structs.replace(manifest, novelty=None))


def test_every_kind_disturbs_in_one_way() -> None:
    assert next(iter(KINDS)) == "as simulated"
    assert KINDS["as simulated"] == RATED
    assert KINDS["high-pass 10 Hz, order 2"] == Setup(chain=Chain(high_pass_hz=10, high_pass_order=2))
    assert len(set(map(repr, KINDS.values()))) == len(KINDS)


def test_every_version_is_measured_on_the_same_records(shipped_models: Path) -> None:
    report = evaluate_disturbed(shipped_models, NAME, {"as simulated": RATED}, records_per_cell=1)
    versions = report["versions"]
    assert isinstance(versions, dict)
    assert list(versions) == ModelRepository(shipped_models).versions(NAME)
    counts = versions["2"]["as simulated"]
    assert counts["records"] == counts["flagged"] + counts["right"] + counts["wrong"] == 44
    assert counts["wrong"] == 0

from pathlib import Path

import numpy as np

from build_scripts.quantization.judge import Answers, Judge, missed_gates
from tests.build_scripts.quantization.chain import ROTATED, chain_records, spoiling, write_chain


def test_answers_are_compared_with_labels_and_with_float32(tmp_path: Path) -> None:
    source = write_chain(tmp_path / "fp32.onnx", {"first": 1.0})
    judge = Judge(source, chain_records(), 4, 0.25)
    assert (judge.float32, judge.lowest_accuracy) == (Answers(1.0, 1.0), 0.75)
    assert judge.passes(source)
    wrong = spoiling({"first": ROTATED}).quantize(source, tmp_path / "wrong.onnx", np.zeros((1, 1, 4), np.float32))
    assert judge.answers(wrong) == Answers(0.0, 0.0)
    assert judge.reasons(judge.answers(wrong)) == ["accuracy 0.0000 below 0.7500", "agreement 0.0000 below 0.99"]
    assert not judge.passes(wrong)


def test_gates_hold_at_their_limits() -> None:
    assert missed_gates(Answers(0.9, 0.99), 0.9) == []
    assert missed_gates(Answers(0.8, 0.99), 0.9) == ["accuracy 0.8000 below 0.9000"]
    assert missed_gates(Answers(0.9, 0.98), 0.9) == ["agreement 0.9800 below 0.99"]

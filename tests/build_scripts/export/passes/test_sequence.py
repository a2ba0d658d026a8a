from dataclasses import dataclass

import onnx
import pytest

from build_scripts.export.passes.sequence import PassFailed, Sequential
from tests.support.onnx_graphs import graph, node, operators


@dataclass(frozen=True)
class Append:
    """Adds a node behind the last one."""

    name: str

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        longer = onnx.ModelProto()
        longer.CopyFrom(model)
        longer.graph.node.append(node(self.name, [model.graph.node[-1].output[0]], self.name))
        return longer


@dataclass(frozen=True)
class Refuse:
    name: str = "refuse"

    def __call__(self, model: onnx.ModelProto) -> onnx.ModelProto:
        raise PassFailed(self.name, f"{len(model.graph.node)} nodes\nare too many.")


MODEL = graph([node("Relu", ["signal"], "answer")])


def test_passes_run_in_order_and_nest() -> None:
    passes = Sequential((Append("Neg"), Sequential((Append("Abs"), Append("Exp")), name="inner")))
    assert operators(passes(MODEL)) == ["Relu", "Neg", "Abs", "Exp"]
    assert operators(MODEL) == ["Relu"]


def test_no_passes_give_the_model_back() -> None:
    assert Sequential(())(MODEL) is MODEL


def test_an_error_names_the_pass_that_failed() -> None:
    with pytest.raises(PassFailed, match=r"^Pass refuse failed: 2 nodes are too many\.$") as raised:
        Sequential((Append("Neg"), Refuse(), Append("Abs")))(MODEL)
    assert raised.value.name == "refuse"

"""Validation: every way in which a file can differ from its network, found and listed."""

from collections.abc import Sequence
from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from build_scripts.errors import ValidationFailed
from build_scripts.export.passes.parity import BATCHES
from build_scripts.export.validate import Contract, free_lengths, validate

CONTRACT = Contract(outputs=("logits",), channels=2, lengths=(12, 30))


class Mean(nn.Module):
    """The mean of each channel: float32 [B, C, T] to [B, C]."""

    def forward(self, signal: Tensor) -> Tensor:
        return signal.mean(dim=2)


class MeanAgainstLast(nn.Module):
    """The mean of each channel, less the last window's: the last one alone is none the wiser."""

    def forward(self, signal: Tensor) -> Tensor:
        means = signal.mean(dim=2)
        return means - means[-1:]


class CentredMean(nn.Module):
    """The mean of each channel, less the batch's: an answer that depends on its neighbours."""

    def forward(self, signal: Tensor) -> Tensor:
        means = signal.mean(dim=2)
        return means - means.mean(dim=0, keepdim=True)


def write_model(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    shape: Sequence[str | int] = ("B", 2, "T"),
    names: tuple[str, str] = ("signal", "logits"),
    answer: Sequence[str | int] = ("B", "K"),
) -> Path:
    signal = helper.make_tensor_value_info(names[0], TensorProto.FLOAT, shape)
    logits = helper.make_tensor_value_info(names[1], TensorProto.FLOAT, answer)
    axes = [
        helper.make_tensor("last", TensorProto.INT64, [1], [2]),
        helper.make_tensor("first", TensorProto.INT64, [1], [0]),
        helper.make_tensor("end", TensorProto.INT64, [1], [-1]),
    ]
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [1], [1.01])
    graph = helper.make_graph(list(nodes), "test", [signal], [logits], [*axes, scale])
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("custom", 1)]
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString())
    return path


def mean(output: str = "logits", signal: str = "signal", keepdims: int = 0) -> onnx.NodeProto:
    return helper.make_node("ReduceMean", [signal, "last"], [output], keepdims=keepdims)


AGAINST_LAST = [
    mean("means"),
    helper.make_node("Gather", ["means", "end"], ["centre"]),
    helper.make_node("Sub", ["means", "centre"], ["logits"]),
]

CENTRED = [
    mean("means"),
    helper.make_node("ReduceMean", ["means", "first"], ["centre"], keepdims=1),
    helper.make_node("Sub", ["means", "centre"], ["logits"]),
]


def failures(path: Path, network: nn.Module, contract: Contract = CONTRACT) -> list[str]:
    with pytest.raises(ValidationFailed) as raised:
        validate(path, network, contract)
    assert all(failure in str(raised.value) for failure in raised.value.failures)
    return raised.value.failures


def test_an_equal_model_passes_at_every_size(tmp_path: Path) -> None:
    report = validate(write_model(tmp_path / "m.onnx", [mean()]), Mean(), CONTRACT)
    assert report.compared == 3 * len(BATCHES) * len(CONTRACT.lengths)
    assert report.differences == {"logits": report.max_abs_difference}
    assert 0 <= report.max_abs_difference <= 1e-6


def test_free_lengths_hold_the_window_and_others() -> None:
    assert free_lengths(12) == (12, 6, 17)


def test_a_wrong_value_is_found_at_every_size_with_its_difference(tmp_path: Path) -> None:
    nodes = [mean("means"), helper.make_node("Add", ["means", "scale"], ["logits"])]
    found = failures(write_model(tmp_path / "m.onnx", nodes), Mean())
    assert found[0] == "logits at batch 1, length 12 differs by 1.01, limit 0.0001"
    assert len(found) == len(BATCHES) * len(CONTRACT.lengths)


def test_a_wrong_shape_is_found(tmp_path: Path) -> None:
    found = failures(write_model(tmp_path / "m.onnx", [mean(keepdims=1)], answer=("B", "K", "L")), Mean())
    assert found[0] == "logits at batch 1, length 12 has shape [1, 2, 1], not [1, 2]"


def test_wrong_names_are_found_together(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.onnx", [mean("scores", "x")], names=("x", "scores"))
    assert failures(model, Mean()) == [
        "its inputs are ['x'], not ['signal']",
        "its outputs are ['scores'], not ['logits']",
    ]


def test_an_answer_that_depends_on_its_neighbours_is_found(tmp_path: Path) -> None:
    found = failures(write_model(tmp_path / "m.onnx", CENTRED), CentredMean())
    assert len(found) == 2 * len(CONTRACT.lengths)
    assert all("alone and with neighbours" in failure for failure in found)
    assert {failure.partition(",")[0] for failure in found} == {
        "logits of the last window at batch 2",
        "logits of the last window at batch 7",
    }


def test_an_answer_that_depends_on_the_order_is_found(tmp_path: Path) -> None:
    found = failures(write_model(tmp_path / "m.onnx", AGAINST_LAST), MeanAgainstLast())
    assert len(found) == 2 * len(CONTRACT.lengths)
    assert all("in turned order, differs by" in failure for failure in found)


def test_a_length_that_is_frozen_is_found(tmp_path: Path) -> None:
    found = failures(write_model(tmp_path / "m.onnx", [mean()], shape=("B", 2, 12)), Mean())
    assert len(found) == len(BATCHES)
    assert all(failure.startswith("the file does not run at batch") and "length 30" in failure for failure in found)


def test_different_failures_are_listed_together(tmp_path: Path) -> None:
    nodes = [mean("means"), helper.make_node("Add", ["means", "scale"], ["logits"])]
    found = failures(write_model(tmp_path / "m.onnx", nodes, shape=("B", 2, 12)), Mean())
    assert {failure.partition(" ")[0] for failure in found} == {"logits", "the"}


@pytest.mark.parametrize("content", [b"not a model", b""])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    assert failures(path, Mean())[0].startswith("it is no valid ONNX file: ")


def test_an_unknown_operator_is_named(tmp_path: Path) -> None:
    node = helper.make_node("Unheard", ["signal"], ["logits"], domain="custom")
    (found,) = failures(write_model(tmp_path / "m.onnx", [node]), Mean())
    assert "onnxruntime cannot load the model" in found
    assert "Unheard" in found


def test_not_a_number_fails(tmp_path: Path) -> None:
    class NotANumber(nn.Module):
        def forward(self, signal: Tensor) -> Tensor:
            return signal.mean(dim=2) * torch.nan

    assert failures(write_model(tmp_path / "m.onnx", [mean()]), NotANumber())[0].endswith(
        "differs by nan, limit 0.0001"
    )

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from build_scripts.errors import RecipeError
from build_scripts.export.export import export_network
from build_scripts.export.given import GivenNetwork
from build_scripts.export.given_file import Reading
from build_scripts.export.optimize import optimize
from build_scripts.export.torch_export import ExportOptions
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.trained import TrainedModel
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array
from tests.support.packages import LOAD, SPEED

DESCRIPTION = ModelDescription("given", "Given", (("a", "A"), ("b", "B"), ("c", "C")), 16, 100.0, "g")
RNG = np.random.default_rng(0)
PROJECTION = RNG.standard_normal((2, 3)).astype(np.float32)
EFFECTS = np.array([[1e-3, 0, -1e-3], [0, 1, 0]], np.float32)
Shape = Sequence[str | int]


def pooled(squeezed: Sequence[int] = ()) -> list[onnx.NodeProto]:
    """The mean of the samples, and a linear layer on the two channels: any length, any batch."""
    nodes = [helper.make_node("ReduceMean", ["x", "axis"], ["mean"], keepdims=0, name="mean")]
    last = "mean"
    if squeezed:
        nodes.append(helper.make_node("Squeeze", ["mean", "squeezed"], ["flat"], name="squeeze"))
        last = "flat"
    return [*nodes, helper.make_node("MatMul", [last, "weight"], ["y"], name="head")]


def save(
    folder: Path, nodes: list[onnx.NodeProto], shape: Shape, *, axis: int, outputs: Any = None, **more: Any
) -> Path:
    squeezed = more.pop("squeezed", [1])
    constants = [
        helper.make_tensor("axis", TensorProto.INT64, [1], [axis]),
        helper.make_tensor("squeezed", TensorProto.INT64, [len(squeezed)], squeezed),
        helper.make_tensor("weight", TensorProto.FLOAT, PROJECTION.shape, PROJECTION.ravel()),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", more.pop("kind", TensorProto.FLOAT), shape)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, size)
            for name, size in (outputs or {"y": [None, 3]}).items()
        ],
        constants,
    )
    opsets = [helper.make_opsetid("", more.pop("opset", 20)), helper.make_opsetid("my.own", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), folder / "given.onnx")
    return folder / "given.onnx"


def given(path: Path, **more: Any) -> TrainedModel:
    network = GivenNetwork(Reading(path, 2, 16, **more))
    return TrainedModel(DESCRIPTION, 2, network.eval(), network.outputs, path)


def expected(windows: Float32Array) -> Float32Array:
    return np.asarray(windows.mean(axis=2) @ PROJECTION)


@pytest.mark.parametrize(
    ("shape", "axis", "squeezed"),
    [
        (["n", 2, "t"], 2, ()),
        ([None, None, None], 2, ()),
        (["n", 16, 2], 1, ()),
        (["n", 2, 1, 16], 3, [2]),
        (["n", 1, 2, "t"], 3, [1]),
        (["n", 2, 16, 1], 2, [2]),
        ([1, 2, 16], 2, ()),
        ([1, 2, "t"], 2, ()),
    ],
)
def test_every_layout_is_brought_to_the_form_of_a_package(
    shape: Shape, axis: int, squeezed: Sequence[int], tmp_path: Path
) -> None:
    nodes = pooled(squeezed)
    model = given(save(tmp_path, nodes, shape, axis=axis, squeezed=squeezed or [1]))
    exported = export_network(model, tmp_path / "m.onnx")
    assert exported.method == "given-onnx"
    assert exported.max_abs_difference <= 1e-6
    free = any(size in {"t", None} for size in shape[1:])
    assert (exported.fixed_length is None) == free
    windows = RNG.standard_normal((5, 2, 16)).astype(np.float32)
    np.testing.assert_allclose(OnnxEngine(exported.path).run(windows).logits, expected(windows), rtol=1e-4, atol=1e-5)
    batch, channels, length = onnx.load(exported.path).graph.input[0].type.tensor_type.shape.dim
    assert (batch.dim_param, channels.dim_value, length.dim_value) == ("batch", 2, 0 if free else 16)
    assert optimize(exported.path, tmp_path / "o.onnx", "basic").max_abs_difference <= 1e-6


def test_a_distance_and_an_output_that_is_named_are_taken(tmp_path: Path) -> None:
    nodes = [
        *pooled(),
        helper.make_node("ReduceSum", ["y", "squeezed"], ["distance"], keepdims=0),
        helper.make_node("Neg", ["y"], ["logits_of_another"]),
    ]
    outputs = {"logits_of_another": ["n", 3], "y": ["n", 3], "distance": ["n"]}
    path = save(tmp_path, nodes, ["n", 2, "t"], axis=2, outputs=outputs)
    with pytest.raises(RecipeError, match=r"gives 'logits_of_another', 'y', 'distance': choose the logits with output"):
        given(path)
    with pytest.raises(RecipeError, match="has no output 'z'; it has 'logits_of_another', 'y', 'distance'"):
        given(path, output="z")
    for output in ("y", 1):
        model = given(path, output=output)
        assert model.outputs == ("logits", "distance")
        exported = export_network(model, tmp_path / "m.onnx")
        windows = RNG.standard_normal((4, 2, 16)).astype(np.float32)
        found = OnnxEngine(exported.path).run(windows)
        np.testing.assert_allclose(found.logits, expected(windows), rtol=1e-4, atol=1e-5)
        assert found.distance is not None
        np.testing.assert_allclose(found.distance, found.logits.sum(axis=1), rtol=1e-4, atol=1e-5)


def test_probabilities_become_logits(tmp_path: Path) -> None:
    nodes = [*pooled(), helper.make_node("Softmax", ["y"], ["p"], axis=1)]
    path = save(tmp_path, nodes, ["n", 2, "t"], axis=2, outputs={"p": ["n", 3]})
    exported = export_network(given(path, probabilities=True), tmp_path / "m.onnx")
    windows = torch.randn(4, 2, 16)
    found = torch.from_numpy(OnnxEngine(exported.path).run(windows.numpy()).logits)
    wanted = torch.softmax(torch.from_numpy(expected(windows.numpy())), 1)
    torch.testing.assert_close(torch.softmax(found, 1), wanted, rtol=1e-4, atol=1e-5)


def test_an_old_opset_is_converted(tmp_path: Path) -> None:
    nodes = [helper.make_node("ReduceMean", ["x"], ["mean"], axes=[2], keepdims=0), *pooled()[1:]]
    path = save(tmp_path, nodes, ["n", 2, "t"], axis=2, opset=13)
    exported = export_network(given(path), tmp_path / "m.onnx")
    assert onnx.load(exported.path).opset_import[0].version == 18


def test_constants_that_an_old_file_lists_as_inputs_are_constant(tmp_path: Path) -> None:
    path = save(tmp_path, pooled(), ["n", 2, "t"], axis=2)
    model = onnx.load(path)
    model.ir_version = 3
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))
    onnx.save(model, path)
    exported = export_network(given(path), tmp_path / "m.onnx")
    assert [value.name for value in onnx.load(exported.path).graph.input] == ["signal"]


def test_a_file_in_half_precision_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, pooled(), ["n", 2, "t"], axis=2)
    model = onnx.load(path)
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == "weight")
    weight.CopyFrom(onnx.numpy_helper.from_array(PROJECTION.astype(np.float16), "weight"))
    onnx.save(model, path)
    with pytest.raises(RecipeError, match=r"given\.onnx computes in float16; give the float32 file"):
        given(path)


def test_a_batch_that_the_graph_keeps_is_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Reshape", ["x", "shape"], ["row"]), helper.make_node("Gemm", ["row", "wide"], ["y"])]
    path = save(tmp_path, nodes, [1, 2, 16], axis=2)
    model = onnx.load(path)
    model.graph.initializer.append(helper.make_tensor("shape", TensorProto.INT64, [2], [1, -1]))
    model.graph.initializer.append(helper.make_tensor("wide", TensorProto.FLOAT, [32, 3], np.ones(96)))
    onnx.save(model, path)
    with pytest.raises(
        RecipeError, match=r"has a batch fixed at 1, and its graph keeps it: .* Export it with a free batch"
    ):
        export_network(given(path), tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_a_length_that_is_asked_for_counts(tmp_path: Path) -> None:
    path = save(tmp_path, pooled(), ["n", 2, "t"], axis=2)
    exported = export_network(given(path), tmp_path / "m.onnx", options=replace(ExportOptions(), length="fixed"))
    assert onnx.load(exported.path).graph.input[0].type.tensor_type.shape.dim[2].dim_value == 16


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"shape": ["n", 3, 16]},
            r"The input 'x' of .* has the shape \[free, 3, 16\]; the recipe's is \[batch, 2, 16\]",
        ),
        ({"shape": ["n", 16]}, r"has the shape \[free, 16\]"),
        ({"kind": TensorProto.DOUBLE}, "takes double, not float32: export it in float32"),
        ({"opset": 24}, "has opset 24; 18 to 23 can be served"),
        (
            {"nodes": [helper.make_node("QuantizeLinear", ["x", "weight"], ["y"])]},
            r"is quantized already \(QuantizeLinear\); give the float32 file",
        ),
        (
            {"nodes": [helper.make_node("Magic", ["x"], ["y"], domain="my.own")]},
            "has operators of my.own, which a package cannot have",
        ),
        ({"shape": [4, 2, 16]}, "takes 4 windows at once: export it with a free batch or 1"),
    ],
)
def test_a_file_that_no_package_can_be_made_of_is_refused(
    change: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    nodes, shape = change.get("nodes", pooled()), change.get("shape", ["n", 2, "t"])
    others = {name: value for name, value in change.items() if name not in {"nodes", "shape"}}
    with pytest.raises(RecipeError, match=sentence):
        given(save(tmp_path, nodes, shape, axis=2, **others)).network(torch.zeros(2, 2, 16))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08\x12\x07pytorch"])
def test_a_file_that_is_no_onnx_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "given.onnx").write_bytes(content)
    with pytest.raises(RecipeError, match=r"given\.onnx is not an ONNX file"):
        given(tmp_path / "given.onnx")
    with pytest.raises(RecipeError, match="There is no file"):
        given(tmp_path / "none.onnx")


CONDITIONED = replace(DESCRIPTION, conditions=(SPEED, LOAD))


def save_conditioned(folder: Path, names: Sequence[str], shape: Shape, batch: str | int = "n") -> Path:
    """A file that adds speed / 1000 and the load to its logits; its inputs stand in the order of their names."""
    rows = next(name for name in names if name != "x")
    nodes = [
        *pooled(),
        helper.make_node("MatMul", [rows, "effects"], ["shift"]),
        helper.make_node("Add", ["y", "shift"], ["z"]),
    ]
    path = save(folder, nodes, [batch, 2, "t"], axis=2, outputs={"z": [batch, 3]})
    model = onnx.load(path)
    model.graph.initializer.append(helper.make_tensor("effects", TensorProto.FLOAT, [2, 3], EFFECTS.ravel()))
    (signal,) = model.graph.input
    values = {"x": signal, rows: helper.make_tensor_value_info(rows, TensorProto.FLOAT, shape)}
    ordered = [onnx.ValueInfoProto.FromString(values[name].SerializeToString()) for name in names]
    del model.graph.input[:]
    model.graph.input.extend(ordered)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ("names", "batch"), [(["x", "speed_and_load"], "n"), (["conditions", "x"], "n"), (["x", "conditions"], 1)]
)
def test_conditions_of_operation_are_a_second_input(names: Sequence[str], batch: str | int, tmp_path: Path) -> None:
    path = save_conditioned(tmp_path, names, [batch, 2], batch)
    network = GivenNetwork(Reading(path, 2, 16, conditions=2))
    model = TrainedModel(CONDITIONED, 2, network.eval(), network.outputs, path)
    exported = export_network(model, tmp_path / "m.onnx")
    assert exported.max_abs_difference <= 1e-4
    windows = RNG.standard_normal((5, 2, 16)).astype(np.float32)
    rows = np.array([[1000, 0.5], [2000, 0], [500, 1], [100, 5], [6000, 2]], np.float32)
    found = OnnxEngine(exported.path).run(windows, rows).logits
    np.testing.assert_allclose(found, expected(windows) + rows @ EFFECTS, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "conditions", "sentence"),
    [
        (["n", 3], 2, r"'rows' of .* has the shape \[free, 3\]; the recipe's conditions are \[batch, 2\]"),
        (["n", 2, 1], 2, r"has the shape \[free, 2, 1\]"),
        (["n", 2], 0, r"has 2 inputs \(x, rows\); a package of this recipe has one, the signal"),
    ],
)
def test_conditions_that_do_not_fit_the_recipe_are_refused(
    shape: Shape, conditions: int, sentence: str, tmp_path: Path
) -> None:
    path = save_conditioned(tmp_path, ["x", "rows"], shape)
    with pytest.raises(RecipeError, match=sentence):
        GivenNetwork(Reading(path, 2, 16, conditions=conditions))


def test_a_recipe_with_conditions_needs_a_file_that_takes_them(tmp_path: Path) -> None:
    path = save(tmp_path, pooled(), ["n", 2, "t"], axis=2)
    with pytest.raises(RecipeError, match=r"has 1 inputs \(x\); a package of this recipe has two, the signal and its"):
        GivenNetwork(Reading(path, 2, 16, conditions=2))

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from build_scripts.errors import ValidationFailed
from build_scripts.export import export as export_step
from build_scripts.export.export import ExportedModel, export
from build_scripts.networks.checkpoint import Checkpoint, restore_network
from build_scripts.networks.trained import model_of
from functions.core.models.engine import OnnxEngine


def test_the_difference_to_pytorch_is_within_the_gate(exported: ExportedModel) -> None:
    assert 0 < exported.max_abs_difference <= 1e-4


def test_the_names_and_free_dimensions_are_the_contract(exported: ExportedModel) -> None:
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    (signal,) = session.get_inputs()
    assert (signal.name, signal.type, signal.shape[1]) == ("signal", "tensor(float)", 1)
    assert isinstance(signal.shape[0], str)
    assert isinstance(signal.shape[2], str)
    assert [output.name for output in session.get_outputs()] == ["logits", "distance"]


@pytest.mark.parametrize(("batch", "length"), [(1, 20480), (5, 20480), (2, 10000)])
def test_any_batch_and_length_run_as_in_pytorch(
    exported: ExportedModel, checkpoint: Checkpoint, batch: int, length: int
) -> None:
    windows = np.random.default_rng(1).normal(0, 0.3, (batch, 1, length)).astype(np.float32)
    output = OnnxEngine(exported.path).run(windows)
    logits, distance = restore_network(checkpoint)(torch.from_numpy(windows))
    np.testing.assert_allclose(output.logits, logits.detach().numpy(), atol=1e-4)
    assert output.distance is not None
    np.testing.assert_allclose(output.distance, distance.detach().numpy(), rtol=1e-4)


def test_the_file_says_what_it_is(exported: ExportedModel) -> None:
    properties = {entry.key: entry.value for entry in onnx.load(exported.path).metadata_props}
    assert properties["name"] == "tiny"
    assert properties["version"] == "3"
    assert properties["classes"].startswith("healthy,misalignment,")
    assert (properties["sample_rate_hz"], properties["window"], properties["unit"]) == ("20480", "20480", "g")


def test_nothing_of_the_exporter_is_left(exported: ExportedModel) -> None:
    graph = onnx.load(exported.path).graph
    assert not graph.value_info
    assert not any(node.doc_string or node.metadata_props for node in graph.node)
    assert "BatchNormalization" not in {node.op_type for node in graph.node}


def test_a_difference_above_the_gate_raises(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = replace(export_step.contract_of(model_of(checkpoint)), tolerance=0.0)
    monkeypatch.setattr(export_step, "contract_of", lambda _: strict)
    with pytest.raises(ValidationFailed, match=r"logits at batch 1, length 20480 differs by .*, limit 0"):
        export(checkpoint, tmp_path / "bad.onnx")

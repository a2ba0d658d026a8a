"""The step on the tiny network and simulated records of the build tests."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from build_scripts.__main__ import main
from build_scripts.data.records import RecordSet, write_records
from build_scripts.errors import QuantizationError
from build_scripts.evidence.measure import onnx_property
from build_scripts.networks.checkpoint import Checkpoint
from build_scripts.quantization.operators import executed_operators
from build_scripts.quantization.qat.prepare import AwareConfig
from build_scripts.quantization.qat.step import AwareModel, train_quantized
from functions.core.models.engine import OnnxEngine
from tests.build_scripts.conftest import NETWORK, WINDOW

TUNING = AwareConfig(epochs=1, batch_size=11)


@pytest.fixture(scope="module")
def model(checkpoint: Checkpoint, records: RecordSet, tmp_path_factory: pytest.TempPathFactory) -> AwareModel:
    return train_quantized(checkpoint, records, tmp_path_factory.mktemp("qat") / "int8.onnx", TUNING, version="7")


def test_the_file_is_integer_and_says_what_it_is(model: AwareModel) -> None:
    assert executed_operators(model.path)["QLinearConv"] == len(NETWORK.stages)
    assert (onnx_property(model.path, "version"), onnx_property(model.path, "window")) == ("7", str(WINDOW))


def test_logits_and_distance_are_those_of_the_trained_network(model: AwareModel, records: RecordSet) -> None:
    windows = np.concatenate([records.windows(index, WINDOW)[:1] for index in range(len(records))])
    output = OnnxEngine(model.path).run(windows)
    with torch.no_grad():
        logits, distance = (tensor.numpy() for tensor in model.network(torch.from_numpy(windows)))
    np.testing.assert_allclose(output.logits, logits, atol=0.1)
    assert output.distance is not None
    np.testing.assert_allclose(output.distance, distance, rtol=0.1)


def test_records_of_other_classes_are_refused(checkpoint: Checkpoint, records: RecordSet, tmp_path: Path) -> None:
    fewer = replace(records, class_names=records.class_names[:5])
    with pytest.raises(QuantizationError, match="The records have 5 classes, the checkpoint 11"):
        train_quantized(checkpoint, fewer, tmp_path / "int8.onnx", TUNING)


def test_the_command_reports_the_loss_of_each_epoch(
    checkpoint_path: Path, records: RecordSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_records(records, tmp_path / "records.npz")
    arguments = ["qat", "--checkpoint", checkpoint_path, "--data", data, "--out", tmp_path / "int8.onnx", "--json"]
    assert main([str(argument) for argument in [*arguments, "--epochs", "1", "--batch-size", "22"]]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report["loss_of_epoch"]) == ["1"]
    assert report["operators"]["QLinearConv"] == len(NETWORK.stages)

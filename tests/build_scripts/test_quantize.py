from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.errors import GateFailed
from build_scripts.export.export import ExportedModel
from build_scripts.networks.network import NetworkConfig
from build_scripts.quantize import QuantizationConfig, WindowReader, executed_operators, require_integer_convolutions
from functions.core.models.engine import OnnxEngine
from tests.build_scripts.conftest import NETWORK, WINDOW


def weights(path: Path) -> list[np.ndarray]:
    tensors = (onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer)
    return [tensor for tensor in tensors if tensor.dtype == np.int8 and tensor.ndim == 4]


def test_every_convolution_runs_in_integers(quantized: Path) -> None:
    operators = executed_operators(quantized)
    assert operators["QLinearConv"] == len(NETWORK.stages)
    assert operators["ConvInteger"] == operators["Conv"] == 0


def test_weights_have_seven_bits_so_that_sixteen_bit_sums_cannot_overflow(quantized: Path) -> None:
    tensors = weights(quantized)
    assert len(tensors) == len(NETWORK.stages)
    assert max(int(np.abs(tensor.astype(int)).max()) for tensor in tensors) == 64
    largest_sum = 2 * 255 * 64
    assert largest_sum <= np.iinfo(np.int16).max


def test_outputs_stay_close_to_float32(exported: ExportedModel, quantized: Path, records: RecordSet) -> None:
    windows = np.concatenate([records.windows(index, WINDOW) for index in range(0, len(records), 4)])
    fp32, int8 = (OnnxEngine(path).run(windows) for path in (exported.path, quantized))
    assert (fp32.logits.argmax(axis=1) == int8.logits.argmax(axis=1)).mean() > 0.9
    assert fp32.distance is not None
    assert int8.distance is not None
    np.testing.assert_allclose(np.median(int8.distance), np.median(fp32.distance), rtol=0.2)


def test_the_file_keeps_its_names_and_properties(exported: ExportedModel, quantized: Path) -> None:
    source, result = onnx.load(exported.path), onnx.load(quantized)
    assert {entry.key: entry.value for entry in result.metadata_props} == {
        entry.key: entry.value for entry in source.metadata_props
    }
    assert [value.name for value in result.graph.output] == ["logits", "distance"]


def test_the_source_is_left_as_it_was(exported: ExportedModel, quantized: Path) -> None:
    assert quantized != exported.path
    assert "QuantizeLinear" not in {node.op_type for node in onnx.load(exported.path).graph.node}


def test_a_float_model_is_refused(exported: ExportedModel) -> None:
    with pytest.raises(GateFailed, match="fully integer failed: measured 3, limit 0 of 3 convolutions not integer"):
        require_integer_convolutions(exported.path)


def test_the_reader_feeds_one_window_at_a_time() -> None:
    reader = WindowReader("signal", np.arange(6, dtype=np.float32).reshape(2, 1, 3))
    first, second, end = reader.get_next(), reader.get_next(), reader.get_next()
    assert first is not None
    assert second is not None
    assert (first["signal"].tolist(), second["signal"].tolist(), end) == ([[[0, 1, 2]]], [[[3, 4, 5]]], None)


def test_settings_name_everything_that_decides_the_file() -> None:
    assert QuantizationConfig().settings(256) == {
        "activations": "uint8",
        "weights": "int8",
        "per_channel": True,
        "reduce_range": True,
        "calibration": "minmax",
        "calibration_windows": 256,
    }


def test_the_tiny_network_is_the_one_quantized(quantized: Path) -> None:
    assert isinstance(NETWORK, NetworkConfig)
    assert [tensor.shape[0] for tensor in weights(quantized)] == [stage.channels for stage in NETWORK.stages]

from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.errors import GateFailed, QuantizationError
from build_scripts.export.export import ExportedModel
from build_scripts.networks.network import NetworkConfig
from build_scripts.quantization.deviation import logit_deviation
from build_scripts.quantization.operators import executed_operators, require_integer_convolutions
from build_scripts.quantization.static import QuantizationConfig, quantize
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.conftest import NETWORK, WINDOW


def tensors(path: Path, ending: str) -> dict[str, np.ndarray]:
    initializers = onnx.load(path).graph.initializer
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in initializers if tensor.name.endswith(ending)}


@pytest.mark.parametrize("calibration", ["minmax", "entropy", "percentile"])
def test_every_calibration_gives_integer_convolutions(
    calibration: str, fp32: Path, windows: Float32Array, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = quantize(fp32, windows, tmp_path / "int8.onnx", QuantizationConfig(calibration=calibration))
    operators = executed_operators(path)
    assert (operators["QLinearConv"], operators["Conv"], operators["ConvInteger"]) == (3, 0, 0)
    assert logit_deviation(fp32, path, windows).max_abs_difference < 0.02
    assert capsys.readouterr().out == ""


def test_calibrations_cut_outliers_differently(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    scales = {}
    for calibration in ("minmax", "entropy", "percentile"):
        config = QuantizationConfig(calibration=calibration)
        path = quantize(fp32, windows, tmp_path / f"{calibration}.onnx", config)
        scales[calibration] = tuple(float(scale) for scale in tensors(path, "relu_1_scale").values())
    assert len(set(scales.values())) == 3


def test_weights_have_one_scale_per_channel_or_one(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    channel = quantize(fp32, windows, tmp_path / "channel.onnx", QuantizationConfig())
    tensor = quantize(fp32, windows, tmp_path / "tensor.onnx", QuantizationConfig(per_channel=False))
    assert [scale.size for scale in tensors(channel, "weight_scale").values()] == [8, 16, 16]
    assert [scale.size for scale in tensors(tensor, "weight_scale").values()] == [1, 1, 1]


@pytest.mark.parametrize(("reduce_range", "largest"), [(True, 64), (False, 127)])
def test_reduced_weights_have_seven_bits(
    reduce_range: bool, largest: int, fp32: Path, windows: Float32Array, tmp_path: Path
) -> None:
    path = quantize(fp32, windows, tmp_path / "int8.onnx", QuantizationConfig(reduce_range=reduce_range))
    found = {int(np.abs(tensor.astype(int)).max()) for tensor in tensors(path, "weight_quantized").values()}
    assert found == {largest}


def test_an_excluded_layer_runs_in_float32(
    fp32: Path, windows: Float32Array, convolutions: list[str], tmp_path: Path
) -> None:
    config = QuantizationConfig(exclude=(convolutions[1],))
    path = quantize(fp32, windows, tmp_path / "int8.onnx", config)
    operators = executed_operators(path)
    assert (operators["QLinearConv"], operators["Conv"]) == (2, 1)
    assert len(tensors(path, "weight_quantized")) == 2
    assert logit_deviation(fp32, path, windows).max_abs_difference < 0.02
    with pytest.raises(GateFailed, match="fully integer failed: measured 1, limit 0 of 3"):
        require_integer_convolutions(path)


def test_an_unknown_layer_is_answered_with_the_list(
    fp32: Path, windows: Float32Array, convolutions: list[str], tmp_path: Path
) -> None:
    with pytest.raises(QuantizationError, match=f"has no layer nothing; its layers are {', '.join(convolutions)}, "):
        quantize(fp32, windows, tmp_path / "int8.onnx", QuantizationConfig(exclude=("nothing",)))
    assert not (tmp_path / "int8.onnx").exists()


def convolution_weights(path: Path) -> list[np.ndarray]:
    arrays = (onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer)
    return [array for array in arrays if array.dtype == np.int8 and array.ndim == 4]


def test_every_convolution_runs_in_integers(quantized: Path) -> None:
    operators = executed_operators(quantized)
    assert operators["QLinearConv"] == len(NETWORK.stages)
    assert operators["ConvInteger"] == operators["Conv"] == 0


def test_the_sum_of_two_products_fits_sixteen_bits(quantized: Path) -> None:
    arrays = convolution_weights(quantized)
    assert len(arrays) == len(NETWORK.stages)
    largest = max(int(np.abs(array.astype(int)).max()) for array in arrays)
    assert largest == 64
    assert 2 * 255 * largest <= np.iinfo(np.int16).max


def test_outputs_stay_close_to_float32(exported: ExportedModel, quantized: Path, records: RecordSet) -> None:
    windows = np.concatenate([records.windows(index, WINDOW) for index in range(0, len(records), 4)])
    float32, int8 = (OnnxEngine(path).run(windows) for path in (exported.path, quantized))
    assert (float32.logits.argmax(axis=1) == int8.logits.argmax(axis=1)).mean() > 0.9
    assert float32.distance is not None
    assert int8.distance is not None
    np.testing.assert_allclose(np.median(int8.distance), np.median(float32.distance), rtol=0.2)


def test_the_file_keeps_its_names_and_properties(exported: ExportedModel, quantized: Path) -> None:
    source, result = onnx.load(exported.path), onnx.load(quantized)
    assert {entry.key: entry.value for entry in result.metadata_props} == {
        entry.key: entry.value for entry in source.metadata_props
    }
    assert [value.name for value in result.graph.output] == ["logits", "distance"]


def test_the_source_is_left_as_it_was(exported: ExportedModel, quantized: Path) -> None:
    assert quantized != exported.path
    assert "QuantizeLinear" not in {node.op_type for node in onnx.load(exported.path).graph.node}


def test_the_tiny_network_is_the_one_quantized(quantized: Path) -> None:
    assert isinstance(NETWORK, NetworkConfig)
    assert [array.shape[0] for array in convolution_weights(quantized)] == [stage.channels for stage in NETWORK.stages]

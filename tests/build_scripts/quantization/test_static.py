from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.errors import GateFailed, QuantizationError
from build_scripts.quantization.operators import executed_operators, require_integer_convolutions
from build_scripts.quantization.parity import parity
from build_scripts.quantization.static import QuantizationConfig, quantize
from functions.core.preprocessing.arrays import Float32Array


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
    assert parity(fp32, path, windows).max_abs_difference < 0.02
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
    assert parity(fp32, path, windows).max_abs_difference < 0.02
    assert config.settings(12)["exclude"] == convolutions[1]
    with pytest.raises(GateFailed, match="fully integer failed: measured 1, limit 0 of 3"):
        require_integer_convolutions(path)


def test_an_unknown_layer_is_answered_with_the_list(
    fp32: Path, windows: Float32Array, convolutions: list[str], tmp_path: Path
) -> None:
    with pytest.raises(QuantizationError, match=f"has no layer nothing; its layers are {', '.join(convolutions)}, "):
        quantize(fp32, windows, tmp_path / "int8.onnx", QuantizationConfig(exclude=("nothing",)))
    assert not (tmp_path / "int8.onnx").exists()

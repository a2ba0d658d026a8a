from pathlib import Path

from build_scripts.quantization.deviation import LogitDeviation, logit_deviation
from build_scripts.quantization.weights import quantize_weights
from functions.core.preprocessing.arrays import Float32Array


def test_a_model_deviates_from_itself_by_nothing(fp32: Path, windows: Float32Array) -> None:
    assert logit_deviation(fp32, fp32, windows) == LogitDeviation(0.0, 1.0, len(windows))


def test_fewer_bits_deviate_further(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    coarse, fine = (
        logit_deviation(fp32, quantize_weights(fp32, tmp_path / f"{bits}.onnx", bits=bits), windows) for bits in (2, 8)
    )
    assert coarse.max_abs_difference > fine.max_abs_difference > 0.0
    assert (coarse.windows, fine.windows) == (12, 12)

from pathlib import Path

import pytest

from build_scripts.build_cli.parser import make_parser
from build_scripts.errors import QuantizationError
from build_scripts.evidence.measure import onnx_property
from build_scripts.quantization.techniques import TECHNIQUES, QuantizationOptions
from functions.core.preprocessing.arrays import Float32Array


@pytest.mark.parametrize("method", TECHNIQUES)
def test_every_technique_leaves_its_input_and_keeps_what_the_file_says(
    method: str, fp32: Path, windows: Float32Array, tmp_path: Path
) -> None:
    before = fp32.read_bytes()
    path = TECHNIQUES[method](fp32, tmp_path / "new" / "out.onnx", QuantizationOptions(windows))
    assert path == tmp_path / "new" / "out.onnx"
    assert fp32.read_bytes() == before
    assert onnx_property(path, "window") == "2048"


def test_static_needs_windows_and_seven_or_eight_bits(fp32: Path, windows: Float32Array, tmp_path: Path) -> None:
    with pytest.raises(QuantizationError, match="needs calibration windows"):
        TECHNIQUES["static"](fp32, tmp_path / "out.onnx", QuantizationOptions())
    with pytest.raises(QuantizationError, match="7 or 8 bits, not 4"):
        TECHNIQUES["static"](fp32, tmp_path / "out.onnx", QuantizationOptions(windows, bits=4))


@pytest.mark.parametrize("method", TECHNIQUES)
def test_the_command_line_offers_every_technique(method: str) -> None:
    options = make_parser().parse_args(["quantize", "--model", "a", "--out", "b", "--method", method])
    assert options.method == method

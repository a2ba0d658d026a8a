from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.data.records import RecordSet
from build_scripts.errors import DataError
from build_scripts.evidence.calibrate import calibrate
from build_scripts.evidence.measure import ModelFiles, ModelOutputs, latency_ratio, measure, onnx_property
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.outputs import run_records
from functions.core.models.engine import OnnxEngine
from tests.build_scripts.conftest import NETWORK, WINDOW


def test_measurements_compare_both_files_on_the_same_records(
    exported: ExportedModel, quantized: Path, records: RecordSet
) -> None:
    fp32, int8 = (run_records(OnnxEngine(path), records, WINDOW) for path in (exported.path, quantized))
    files = ModelFiles(exported.path, quantized, np.zeros((1, 1, WINDOW), np.float32))
    measured = measure(1e-6, files, ModelOutputs(fp32, int8), calibrate(int8, int8))
    assert measured.export_max_abs_difference == 1e-6
    assert measured.int8 is not None
    assert (measured.fp32.window, measured.int8.accuracy.window) == (fp32.window_accuracy, int8.window_accuracy)
    assert measured.int8.size_ratio == quantized.stat().st_size / exported.path.stat().st_size
    # The head and the distance stay float32: a Gemm each beside the convolutions.
    assert measured.int8.integer_share == len(NETWORK.stages) / (len(NETWORK.stages) + 2)
    assert 0.9 < measured.int8.agreement <= 1


def test_float32_alone_has_nothing_to_compare(exported: ExportedModel, records: RecordSet) -> None:
    fp32 = run_records(OnnxEngine(exported.path), records, WINDOW)
    files = ModelFiles(exported.path, None, np.zeros((1, 1, WINDOW), np.float32))
    measured = measure(1e-6, files, ModelOutputs(fp32, None), calibrate(fp32, fp32))
    assert (measured.int8, measured.fp32.window) == (None, fp32.window_accuracy)


def test_the_latency_ratio_of_a_model_with_itself_is_near_one(exported: ExportedModel) -> None:
    example = np.zeros((1, 1, WINDOW), np.float32)
    assert latency_ratio(exported.path, exported.path, example) == pytest.approx(1, abs=0.8)


def test_properties_are_read_from_the_file(exported: ExportedModel) -> None:
    assert onnx_property(exported.path, "window") == "20480"
    with pytest.raises(DataError, match="has no property 'colour'; take a file that this project exported"):
        onnx_property(exported.path, "colour")


def test_files_that_are_no_models_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not an onnx file")
    with pytest.raises(DataError, match=r"bad\.onnx is not an ONNX file"):
        onnx_property(tmp_path / "bad.onnx", "window")
    with pytest.raises(FileNotFoundError):
        onnx_property(tmp_path / "none.onnx", "window")


def test_a_model_of_another_origin_is_refused(tmp_path: Path) -> None:
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), tmp_path / "empty.onnx")
    with pytest.raises(DataError, match="has no property 'window'; take a file that this project exported"):
        onnx_property(tmp_path / "empty.onnx", "window")

import os
from pathlib import Path

import numpy as np
import pytest

from functions.core.errors import ModelUnavailableError
from functions.core.models.engine import OnnxEngine, cpu_threads
from tests.support.packages import GAIN, WINDOW, model_bytes
from tests.support.recordings import tone


def test_logits_and_distances_are_what_the_model_computes() -> None:
    windows = np.stack([tone(0.5)[np.newaxis], tone(-0.25)[np.newaxis]])
    output = OnnxEngine(model_bytes()).run(windows)
    np.testing.assert_allclose(output.logits, [[5.0, 1.0, -5.0], [-2.5, 1.0, 2.5]], atol=1e-5)
    assert output.logits.dtype == np.float32
    assert output.distance is not None
    np.testing.assert_allclose(output.distance, [0.255, 0.0675], atol=1e-5)
    assert output.distance.shape == (2,)


def test_a_model_without_a_distance_has_none() -> None:
    assert OnnxEngine(model_bytes(distance=False)).run(np.zeros((1, 1, WINDOW), np.float32)).distance is None


def test_all_channels_are_passed_on() -> None:
    windows = np.stack([tone(0.5), tone(0.0)])[np.newaxis]
    output = OnnxEngine(model_bytes(channels=2)).run(windows)
    np.testing.assert_allclose(output.logits, [[GAIN * 0.25, 1.0, -GAIN * 0.25]], atol=1e-5)


def test_a_file_is_loaded_as_its_bytes_are(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(model_bytes())
    windows = tone(0.5)[np.newaxis, np.newaxis]
    from_file = OnnxEngine(tmp_path / "model.onnx", threads=2).run(windows)
    np.testing.assert_allclose(from_file.logits, OnnxEngine(model_bytes()).run(windows).logits, atol=1e-6)


@pytest.mark.parametrize("model", [b"", b"not a model", model_bytes()[:100], Path("/nowhere/model.onnx")])
def test_what_is_no_model_is_unavailable(model: bytes | Path) -> None:
    with pytest.raises(ModelUnavailableError, match="onnxruntime cannot load the model"):
        OnnxEngine(model)


@pytest.mark.parametrize(
    ("memory_mb", "threads"), [(None, 1), (128, 1), (1769, 1), (2600, 1), (3008, 2), (5307, 3), (10_240, 6)]
)
def test_threads_follow_the_cpu_share(memory_mb: int | None, threads: int) -> None:
    assert cpu_threads(memory_mb) == threads


def test_the_runtime_sends_no_telemetry() -> None:
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"

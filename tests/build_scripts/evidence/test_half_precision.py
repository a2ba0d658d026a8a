from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from build_scripts.data.records import RecordSet
from build_scripts.evidence import half_precision
from build_scripts.evidence.calibrate import Calibration, JoinScore
from build_scripts.evidence.half_precision import CUDA, HalfPrecision, Trial, gpu_speedup, try_half
from build_scripts.evidence.measure import accuracy
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.gates import Accuracy
from build_scripts.measuring.latency import Latency
from build_scripts.measuring.outputs import run_records
from functions.core.models.engine import OnnxEngine
from functions.core.models.manifest import JoinRule
from tests.build_scripts.conftest import WINDOW
from tests.build_scripts.quantization.chain import chain_records, write_chain

CALIBRATION = Calibration(1.0, JoinRule(), None, {"mean": JoinScore(1.0, 0.0)}, None)
WINDOWS = np.zeros((2, 1, 4), np.float32)


def chain(folder: Path, *factors: float) -> Trial:
    source = write_chain(folder / "fp32.onnx", {f"layer{index}": value for index, value in enumerate(factors)})
    return Trial(source, {"fitting": chain_records(), "unseen": chain_records(12)}, 4, CALIBRATION)


def test_a_variant_as_good_as_float32_has_its_figures(
    exported: ExportedModel, records: RecordSet, tmp_path: Path
) -> None:
    trial = Trial(exported.path, {"fitting": records, "unseen": records}, WINDOW, CALIBRATION)
    found = try_half(trial, tmp_path / "fp16.onnx")
    fp32 = accuracy(run_records(OnnxEngine(exported.path), records, WINDOW), CALIBRATION)
    assert found.refused is None
    assert found.accuracy is not None
    assert abs(found.accuracy.window - fp32.window) <= 0.005
    assert found.agreement is not None
    assert found.agreement >= 0.99
    assert found.size_ratio == (tmp_path / "fp16.onnx").stat().st_size / exported.path.stat().st_size
    assert (found.speedup, 0 < (found.max_abs_difference or 0) < 0.1) == (None, True)


def test_what_a_gpu_would_lose_refuses_it(tmp_path: Path) -> None:
    found = try_half(chain(tmp_path, 300.0, 300.0, 1 / 90000), tmp_path / "fp16.onnx")
    assert found.refused == "float16 overflows: 8 of 8 windows have no finite logits (fitting records)"
    assert (found.accuracy, found.agreement) == (None, None)


def test_a_gate_that_it_misses_is_a_reason_with_its_figure(tmp_path: Path) -> None:
    # Below 6e-8 every value is stored as zero: the first class for all.
    found = try_half(chain(tmp_path, 1e-5, 1e-5, 1e10), tmp_path / "fp16.onnx")
    assert found.accuracy == Accuracy(0.25, 0.25)
    assert found.agreement == 0.25
    assert found.refused == (
        "Gate float16 record accuracy drop failed: measured 0.75, limit <= 0.005 (fitting records)"
    )


def test_the_figures_are_those_of_the_last_records(tmp_path: Path) -> None:
    found = try_half(chain(tmp_path, 1.0, 3.0), tmp_path / "fp16.onnx")
    size = (tmp_path / "fp16.onnx").stat().st_size / (tmp_path / "fp32.onnx").stat().st_size
    assert found == HalfPrecision(None, Accuracy(1.0, 1.0), 1.0, 0.0, size, None)


def test_a_model_without_layers_is_refused_with_the_reason(tmp_path: Path) -> None:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("signal", "logits")]
    graph = helper.make_graph([helper.make_node("Sin", ["signal"], ["logits"])], "empty", value[:1], value[1:])
    onnx.save(helper.make_model(graph), tmp_path / "sine.onnx")
    found = try_half(replace(chain(tmp_path, 1.0), fp32=tmp_path / "sine.onnx"), tmp_path / "fp16.onnx")
    reason = f"it cannot be made: {tmp_path / 'sine.onnx'} has no layer to convert to float16"
    assert found == HalfPrecision(refused=reason[:220])


@dataclass
class FakeSession:
    """A session on a provider."""

    providers: list[str]
    ran: list[object] = field(default_factory=list)

    def get_providers(self) -> list[str]:
        return self.providers

    def get_inputs(self) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info("signal", TensorProto.FLOAT, [1])]

    def run(self, outputs: None, inputs: object) -> None:
        self.ran.append(inputs)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeSession]:
    """A GPU on which float32 takes 3 ms and float16 2 ms."""
    sessions = {name: FakeSession([CUDA]) for name in ("fp32.onnx", "fp16.onnx")}
    times = {"fp32": 3.0, "fp16": 2.0}
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])
    monkeypatch.setattr(half_precision, "_on_gpu", lambda path: sessions[path.name])
    monkeypatch.setattr(
        half_precision,
        "interleaved",
        lambda calls, rounds: {name: Latency(times[name], 0, 0, 0, len(str(call()))) for name, call in calls.items()},
    )
    return sessions


def test_its_speed_is_measured_where_there_is_a_gpu(gpu: dict[str, FakeSession], tmp_path: Path) -> None:
    assert try_half(chain(tmp_path, 1.0, 3.0), tmp_path / "fp16.onnx").speedup == 1.5
    assert [len(session.ran) for session in gpu.values()] == [1, 1]


def test_a_gpu_that_does_not_start_measures_nothing(gpu: dict[str, FakeSession]) -> None:
    gpu["fp16.onnx"].providers = ["CPUExecutionProvider"]
    assert gpu_speedup(Path("fp32.onnx"), Path("fp16.onnx"), WINDOWS) is None

"""The code paths of GPUs, run on the CPU provider: variants, options, bound memory, padding."""

from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest

from build_scripts.quantization.half import quantize_to_half
from functions.container.engines import (
    AcceleratedEngines,
    batch_sizes,
    make_engines,
    open_session,
    provider_options,
)
from functions.container.errors import ProviderUnavailableError
from functions.container.providers import PROVIDERS, Provider
from functions.container.settings import ContainerSettings
from functions.container.warm_up import warm_up
from functions.core.errors import ModelUnavailableError
from functions.core.models.manifest import Condition, InputSpec, Manifest
from functions.core.models.models import CpuEngines, ModelRepository
from tests.support.packages import LOAD, SPEED, WINDOW, make_manifest, model_bytes
from tests.support.recordings import tone

TENSORRT, CUDA, CPU = PROVIDERS
SETTINGS = ContainerSettings(batch_max_windows=6)
# onnxruntime's CPU in the place of a GPU: the same bindings, padding and copies.
STAND_IN = AcceleratedEngines(CPU, [1, 2, 4, 6], SETTINGS)


def manifest_of(*precisions: str, cuda: str | None = None) -> Manifest:
    manifest = make_manifest("tiny", "1", b"")
    (one,) = manifest.variants
    variants = [msgspec.structs.replace(one, precision=precision) for precision in precisions]
    chosen = {"x86_64": precisions[0], "arm64": precisions[0]} | ({} if cuda is None else {"cuda": cuda})
    return msgspec.structs.replace(manifest, variants=variants, default_variant=chosen)


@pytest.mark.parametrize(
    ("precisions", "cuda", "chosen"),
    [
        (("int8", "fp32", "fp16"), None, "fp16"),
        (("int8", "fp32"), None, "fp32"),
        (("int8", "fp32", "fp16"), "fp32", "fp32"),
        (("int8", "fp32", "fp16"), "fp16", "fp16"),
    ],
)
def test_a_gpu_has_the_variant_of_the_manifest_else_half_precision(
    precisions: tuple[str, ...], cuda: str | None, chosen: str
) -> None:
    engines = make_engines(CUDA, 1, SETTINGS)
    assert engines.precision(manifest_of(*precisions, cuda=cuda)) == chosen
    assert engines.device == "cuda"


def test_tensorrt_has_float32_in_the_place_of_half_precision() -> None:
    engines = make_engines(TENSORRT, 1, SETTINGS)
    assert engines.precision(manifest_of("int8", "fp32", "fp16", cuda="fp16")) == "fp32"
    assert engines.precision(manifest_of("int8", "fp32", cuda="int8")) == "int8"


def test_a_gpu_s_session_has_no_layout_for_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}

    class Opened:
        def __init__(self, *_: object, **settings: object) -> None:
            given.update(settings)

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    monkeypatch.setattr(onnxruntime, "InferenceSession", Opened)
    open_session(b"", CPU, [("CPUExecutionProvider", {})])
    assert given["disabled_optimizers"] == ["NchwcTransformer"]


def test_on_the_cpu_models_run_as_everywhere() -> None:
    assert make_engines(CPU, 3, SETTINGS) == CpuEngines(3)


@pytest.mark.parametrize("precisions", [("int8", "fp32", "fp16"), ("fp32", "fp16")])
def test_a_cpu_never_has_half_precision(precisions: tuple[str, ...]) -> None:
    assert make_engines(CPU, 1, SETTINGS).precision(manifest_of(*precisions, cuda="fp16")) == precisions[0]


def test_a_float16_file_takes_and_gives_float32(tmp_path: Path) -> None:
    (tmp_path / "fp32.onnx").write_bytes(model_bytes())
    half = quantize_to_half(tmp_path / "fp32.onnx", tmp_path / "fp16.onnx").read_bytes()
    windows = np.random.default_rng(0).normal(0.2, 1, (3, 1, WINDOW)).astype(np.float32)
    manifest = make_manifest("tiny", "1", half)
    plain = CpuEngines().engine(model_bytes(), manifest).run(windows)
    assert STAND_IN.engine(half, manifest).run(windows).logits == pytest.approx(plain.logits, abs=1e-2)


def test_batch_sizes_are_all_on_a_cpu_and_few_on_a_gpu() -> None:
    assert batch_sizes("cpu", 5) == [1, 2, 3, 4, 5]
    assert batch_sizes("cuda", 1) == [1]
    assert batch_sizes("cuda", 24) == [1, 2, 4, 8, 16, 24]
    assert batch_sizes("cuda", 256) == [1, 2, 4, 8, 16, 32, 64, 128, 256]


def test_providers_follow_the_chosen_one_with_the_model_s_shapes() -> None:
    spec = InputSpec(channels=2, window=100, sample_rate_hz=10, unit="g")
    graphs = ContainerSettings(cuda_graphs=True, tensorrt_cache_dir=Path("/cache"))
    names = [name for name, _ in provider_options(TENSORRT, spec, 8, graphs)]
    assert names == ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    (_, tensorrt), (_, cuda), _ = provider_options(TENSORRT, spec, 8, graphs)
    assert (tensorrt["trt_profile_min_shapes"], tensorrt["trt_profile_max_shapes"]) == (
        "signal:1x2x100",
        "signal:8x2x100",
    )
    conditioned = msgspec.structs.replace(spec, conditions=[SPEED, LOAD])
    (_, tensorrt_of_two), *_ = provider_options(TENSORRT, conditioned, 8, graphs)
    assert tensorrt_of_two["trt_profile_min_shapes"] == "signal:1x2x100,conditions:1x2"
    assert tensorrt_of_two["trt_profile_max_shapes"] == "signal:8x2x100,conditions:8x2"
    assert (tensorrt["trt_engine_cache_path"], tensorrt["trt_cuda_graph_enable"]) == ("/cache", "1")
    assert cuda == {"use_tf32": "0", "enable_cuda_graph": "1"}
    assert [name for name, _ in provider_options(CUDA, spec, 8, SETTINGS)] == names[1:]


@pytest.mark.parametrize("distance", [True, False], ids=["two outputs", "one output"])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 7, 13])
def test_padded_and_bound_batches_answer_as_the_plain_engine(count: int, distance: bool) -> None:
    model = model_bytes(distance=distance)
    manifest = make_manifest("tiny", "1", model, distance=distance)
    windows = np.random.default_rng(count).normal(0.2, 1, (count, 1, WINDOW)).astype(np.float32)
    plain = CpuEngines().engine(model, manifest).run(windows)
    bound = STAND_IN.engine(model, manifest)
    bound.run(np.full((6, 1, WINDOW), 7, np.float32))
    for _ in range(2):
        output = bound.run(windows)
        assert output.logits == pytest.approx(plain.logits, abs=1e-5)
        if plain.distance is None:
            assert output.distance is None
        else:
            assert output.distance == pytest.approx(plain.distance, abs=1e-4)


@pytest.mark.parametrize("count", [1, 3, 13])
def test_conditions_are_padded_and_bound_as_windows_are(count: int) -> None:
    model = model_bytes(conditions=[SPEED, LOAD])
    manifest = make_manifest("tiny", "1", model, conditions=[SPEED, LOAD])
    rng = np.random.default_rng(count)
    windows = rng.normal(0.2, 1, (count, 1, WINDOW)).astype(np.float32)
    conditions = rng.uniform(100, 5000, (count, 2)).astype(np.float32)
    plain = CpuEngines().engine(model, manifest).run(windows, conditions)
    bound = STAND_IN.engine(model, manifest)
    bound.run(windows[:1], conditions[:1] * 7)
    assert bound.run(windows, conditions).logits == pytest.approx(plain.logits, rel=1e-5)


@pytest.mark.parametrize("taken", [[], [SPEED]], ids=["none", "one of two"])
def test_a_file_that_takes_other_conditions_than_its_manifest_is_unavailable(taken: list[Condition]) -> None:
    model = model_bytes(conditions=[SPEED, LOAD])
    manifest = make_manifest("tiny", "1", model, conditions=taken)
    for engines in (CpuEngines(), STAND_IN):
        with pytest.raises(ModelUnavailableError, match="The model file has the inputs"):
            engines.engine(model, manifest)


def test_a_file_without_conditions_is_unavailable_where_its_manifest_has_some() -> None:
    model = model_bytes()
    with pytest.raises(ModelUnavailableError, match=r"by its manifest it takes a signal and conditions \[batch, 2\]"):
        CpuEngines().engine(model, make_manifest("tiny", "1", model, conditions=[SPEED, LOAD]))


def test_an_answer_is_not_overwritten_by_the_next_run() -> None:
    model = model_bytes()
    engine = STAND_IN.engine(model, make_manifest("tiny", "1", model))
    first = engine.run(tone(0.5)[np.newaxis, np.newaxis])
    kept = first.logits.copy()
    engine.run(tone(-0.5)[np.newaxis, np.newaxis])
    assert first.logits.tolist() == kept.tolist()


def test_a_model_runs_on_the_given_engines_and_says_where(models_dir: Path) -> None:
    model = ModelRepository(models_dir, engines=STAND_IN).load("tiny")
    warm_up(model, STAND_IN.sizes)
    assert (model.device, model.precision) == ("cpu", "fp32")
    assert model.engine.run(np.zeros((1, 1, WINDOW), np.float32)).logits.tolist() == [[0, 1, 0]]


def test_a_provider_that_onnxruntime_leaves_out_is_an_error_and_no_silent_cpu() -> None:
    """As where CUDA is built in and one of its libraries fails: onnxruntime itself only warns."""
    left_out = Provider("cuda", "CUDAExecutionProvider", "cpu")
    with pytest.raises(ProviderUnavailableError, match="'cuda' failed to start; onnxruntime has CPUExecutionProvider"):
        open_session(model_bytes(), left_out, [("CPUExecutionProvider", {})])


def test_a_broken_file_is_unavailable() -> None:
    with pytest.raises(ModelUnavailableError, match="cannot load the model"):
        open_session(b"no model", CPU, [("CPUExecutionProvider", {})])

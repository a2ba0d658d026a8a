"""The engines of the container: sessions of onnxruntime on the chosen execution provider, and the variant for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.container.bound_engine import BoundEngine, Session
from functions.container.errors import ProviderUnavailableError
from functions.container.providers import PROVIDERS, Provider
from functions.container.settings import ContainerSettings
from functions.core.models.engine import Engine, check_inputs, unloadable
from functions.core.models.manifest import CONDITIONS, InputSpec, Manifest, Precision
from functions.core.models.models import CpuEngines, Device, Engines


@dataclass(frozen=True)
class AcceleratedEngines:
    """Engines of onnxruntime on a GPU: windows are padded to one of a few batch sizes, each with memory of its own."""

    provider: Provider
    sizes: Sequence[int]
    settings: ContainerSettings

    @property
    def device(self) -> Device:
        """The device, as /health names it."""
        return self.provider.device

    def precision(self, manifest: Manifest) -> Precision:
        """Return the precision that the manifest names for CUDA, else fp16 where the package has it, else fp32.

        TensorRT gets fp32 in place of fp16: it runs an fp16 file only in its own fp16 mode, which also rounds what
        the file keeps in float32, and that was not proven.
        """
        packaged = {variant.precision for variant in manifest.variants}
        named = manifest.default_variant.get("cuda", "fp16" if "fp16" in packaged else "fp32")
        return "fp32" if named == "fp16" and self.provider.name == "tensorrt" else named

    def engine(self, model: bytes, manifest: Manifest) -> Engine:
        """Return the engine of a file.

        Raises:
            ModelUnavailableError: it cannot be loaded.
            ProviderUnavailableError: onnxruntime would run it on another provider.
        """
        providers = provider_options(self.provider, manifest.input, self.sizes[-1], self.settings)
        graphs = self.settings.cuda_graphs and self.provider.device == "cuda"
        session = open_session(model, self.provider, providers)
        check_inputs(session, manifest.input)
        return BoundEngine(session, manifest.input, self.sizes, graphs=graphs)


def make_engines(provider: Provider, threads: int, settings: ContainerSettings) -> Engines:
    """Return the engines of a provider."""
    if provider.device == "cpu":
        return CpuEngines(threads)
    return AcceleratedEngines(provider, batch_sizes(provider.device, settings.batch_max_windows), settings)


def batch_sizes(device: Device, most: int) -> list[int]:
    """Return the batch sizes, all of which are warmed up: every size, on a GPU powers of two and the largest.

    On a GPU each size costs memory, and the recording of a graph.
    """
    if device == "cpu":
        return list(range(1, most + 1))
    return sorted({1 << power for power in range(most.bit_length()) if 1 << power <= most} | {most})


def provider_options(
    provider: Provider, spec: InputSpec, most: int, settings: ContainerSettings
) -> list[tuple[str, dict[str, str]]]:
    """Return the providers of a session with their options, the chosen one first.

    Source: onnxruntime's documentation, "CUDA Execution Provider" and "TensorRT Execution Provider".
    """
    graphs = "1" if settings.cuda_graphs else "0"
    # TensorFloat-32 would round float32 to ten bits; the variant for that is fp16, which was proven.
    cuda = {"use_tf32": "0", "enable_cuda_graph": graphs}
    smallest, largest = _profile(spec, 1), _profile(spec, most)
    tensorrt = {
        "trt_fp16_enable": "0",
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(settings.tensorrt_cache_dir),
        "trt_profile_min_shapes": smallest,
        "trt_profile_opt_shapes": largest,
        "trt_profile_max_shapes": largest,
        "trt_cuda_graph_enable": graphs,
    }
    options: dict[str, dict[str, str]] = {"tensorrt": tensorrt, "cuda": cuda, "cpu": {}}
    # Operators that a provider does not support run on the next.
    return [(one.onnxruntime, options[one.name]) for one in PROVIDERS[PROVIDERS.index(provider) :]]


def _profile(spec: InputSpec, windows: int) -> str:
    """Return the shapes of a batch's inputs in TensorRT's notation."""
    shapes = [f"{spec.name}:{windows}x{spec.channels}x{spec.window}"]
    if spec.conditions_taken:
        shapes.append(f"{CONDITIONS}:{windows}x{len(spec.conditions_taken)}")
    return ",".join(shapes)


def open_session(model: bytes, provider: Provider, providers: Sequence[tuple[str, dict[str, str]]]) -> Session:
    """Return a session on a provider, and on no other.

    Raises:
        ModelUnavailableError: onnxruntime cannot load the model.
        ProviderUnavailableError: onnxruntime left the provider out, as it does when one of its libraries fails.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as failures

    if provider.device == "cuda" and hasattr(onnxruntime, "preload_dlls"):
        # CUDA and cuDNN are in wheels, where the dynamic loader does not search.
        onnxruntime.preload_dlls()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        # This transformer is for CPUs only, and crashes the process on some graphs of float16.
        session: Any = onnxruntime.InferenceSession(
            model, options, providers=list(providers), disabled_optimizers=["NchwcTransformer"]
        )
    except (failures.Fail, failures.InvalidGraph, failures.InvalidProtobuf, failures.RuntimeException) as error:
        raise unloadable(error) from error
    if session.get_providers()[0] != provider.onnxruntime:
        raise ProviderUnavailableError(
            f"The execution provider {provider.name!r} failed to start; onnxruntime has {session.get_providers()[0]}."
        )
    return session

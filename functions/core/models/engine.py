"""The engine that runs a model file: a protocol, and onnxruntime on the CPU."""

import os
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from functions.core.errors import ModelUnavailableError
from functions.core.models.manifest import CONDITIONS, InputSpec
from functions.core.preprocessing.arrays import Float32Array

# onnxruntime 1.32 sends telemetry unless this is set before it loads.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


class EngineOutput(Struct, frozen=True):
    """The output for B windows: logits float32 [B, K], distance float32 [B] if the model measures one."""

    logits: Float32Array
    distance: Float32Array | None


class Engine(Protocol):
    """A model file, ready to run."""

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        """Run windows float32 [B, C, T] and return their logits and distances.

        A model with conditions of operation also needs them, float32 [B, K], a row for each window.
        """
        ...


class OnnxEngine:
    """A session of onnxruntime on the CPU, configured for a process that has a share of it.

    Threads never spin: on Lambda spinning costs billed time after each request, and beside a web
    server it takes the core from the next request.
    """

    def __init__(self, model: Path | bytes, threads: int = 1, spec: InputSpec | None = None) -> None:
        """Load a model file or its bytes.

        Args:
            model: its path or its bytes.
            threads: of one run.
            spec: the input that its manifest names, to check the file against.

        Raises:
            ModelUnavailableError: onnxruntime cannot load the model, or the file takes something else.
        """
        # Late: loading onnxruntime takes longer than everything else on the import path.
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as failures

        source = model if isinstance(model, bytes) else str(model)
        try:
            self._session = onnxruntime.InferenceSession(
                source, _session_options(onnxruntime, threads), providers=["CPUExecutionProvider"]
            )
        except (
            failures.Fail,
            failures.InvalidArgument,
            failures.InvalidGraph,
            failures.InvalidProtobuf,
            failures.NoSuchFile,
            failures.NotImplemented,
            failures.RuntimeException,
        ) as error:
            raise unloadable(error) from error
        if spec is not None:
            check_inputs(self._session, spec)
        self._signal = self._session.get_inputs()[0].name
        outputs = [output.name for output in self._session.get_outputs()]
        self._outputs = [name for name in ("logits", "distance") if name in outputs]

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        """Run windows float32 [B, C, T], with conditions float32 [B, K] where the model takes some.

        Safe to call from several threads at once.

        Returns:
            logits float32 [B, classes], distance float32 [B] or None.
        """
        given = {self._signal: windows}
        if conditions is not None:
            given[CONDITIONS] = conditions
        values = self._session.run(self._outputs, given)
        return EngineOutput(values[0], values[1] if len(values) > 1 else None)


def unloadable(error: Exception) -> ModelUnavailableError:
    """Return the error of a model that onnxruntime cannot load; what onnxruntime reports is its cause."""
    return ModelUnavailableError(
        f"onnxruntime cannot load the model ({type(error).__name__}): its file is missing, damaged or made for a newer"
        " version; install the package anew."
    )


def check_inputs(session: Any, spec: InputSpec) -> None:
    """Check that a session of onnxruntime has the inputs that a manifest names: the signal, and conditions behind it.

    Raises:
        ModelUnavailableError: it takes something else.
    """
    inputs = [(one.name, list(one.shape)) for one in session.get_inputs()]
    count = len(spec.conditions_taken)
    wanted = [CONDITIONS] if count else []
    if [name for name, _ in inputs[1:]] != wanted or any(shape[1:] != [count] for _, shape in inputs[1:]):
        raise ModelUnavailableError(
            f"The model file has the inputs {', '.join(f'{name} {shape}' for name, shape in inputs)};"
            " by its manifest it takes a signal"
            f"{f' and {CONDITIONS} [batch, {count}]' if count else ''}."
        )


def _session_options(onnxruntime: Any, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Only fatal errors are logged: others are raised, and answered with their cause.
    options.log_severity_level = 4
    return options


def cpu_threads(memory_mb: int | None = None) -> int:
    """Return how many threads the CPU share in use can feed.

    Args:
        memory_mb: memory of the Lambda function in MiB, or None outside Lambda.

    Returns:
        On Lambda one thread per 1,769 MiB, elsewhere 1: requests run side by side, so one thread each
        gives the best throughput.

    Source: AWS Lambda developer guide, "Configure Lambda function memory".
    """
    return 1 if memory_mb is None else max(1, round(memory_mb / 1769))

"""onnxruntime as a tool of the build: run a graph as it stands, and take the graph it would run."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as failures

LEVELS = {
    "off": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}
SESSION_ERRORS = (
    failures.Fail,
    failures.InvalidArgument,
    failures.InvalidGraph,
    failures.InvalidProtobuf,
    failures.NotImplemented,
    failures.RuntimeException,
)


def session(model: onnx.ModelProto, level: str = "off", save: Path | None = None) -> Any:
    """Load a model on one CPU thread, its graph optimized to a level, and save that graph where a path is given.

    Raises:
        onnxruntime's own errors, SESSION_ERRORS: it cannot be loaded.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = LEVELS[level]
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if save is not None:
        options.optimized_model_filepath = str(save)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def optimized_graph(model: onnx.ModelProto, level: str) -> onnx.ModelProto:
    """Return the model as onnxruntime would run it on this machine at a level.

    Raises:
        onnxruntime's own errors, SESSION_ERRORS: it cannot be loaded.
    """
    with TemporaryDirectory() as directory:
        path = Path(directory) / "optimized.onnx"
        session(model, level, path)
        return onnx.load(path)

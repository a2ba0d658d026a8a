"""An engine with fixed input and output memory on the device, bound once for each batch size."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from functions.core.models.engine import EngineOutput
from functions.core.models.manifest import InputSpec
from functions.core.preprocessing.arrays import Float32Array

# onnxruntime's session; it has no types.
Session = Any


class BoundEngine:
    """An engine that runs windows in batches of a few fixed sizes, padded with zeros to the next one.

    CUDA graphs need fixed memory, and it saves an allocation and a copy at every run.
    """

    def __init__(self, session: Session, spec: InputSpec, sizes: Sequence[int], *, graphs: bool = False) -> None:
        """Bind memory for every size.

        Args:
            session: onnxruntime's, on the device of its first provider.
            spec: of the model's input.
            sizes: ascending; larger batches run in parts of the last.
            graphs: record each size as a CUDA graph of its own.
        """
        self._places = [_Place(session, spec, size, graphs=graphs) for size in sizes]
        self._lock = threading.Lock()

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        """Run windows float32 [B, C, T], with conditions float32 [B, K] where the model takes some.

        One run at a time, since the memory is shared.
        """
        largest = self._places[-1].size
        with self._lock:
            parts = [
                self._run(
                    windows[start : start + largest], None if conditions is None else conditions[start:][:largest]
                )
                for start in range(0, len(windows), largest)
            ]
        if len(parts) == 1:
            return parts[0]
        distances = [part.distance for part in parts if part.distance is not None]
        return EngineOutput(
            np.concatenate([part.logits for part in parts]), np.concatenate(distances) if distances else None
        )

    def _run(self, windows: Float32Array, conditions: Float32Array | None) -> EngineOutput:
        place = next(place for place in self._places if place.size >= len(windows))
        return place.run(windows, conditions)


class _Place:
    """The memory of one batch size: staged on the host, bound on the device."""

    def __init__(self, session: Session, spec: InputSpec, size: int, *, graphs: bool) -> None:
        import onnxruntime

        self.size = size
        self._session = session
        device = "cpu" if session.get_providers()[0] == "CPUExecutionProvider" else "cuda"
        shapes = [(size, spec.channels, spec.window), (size, len(spec.conditions_taken))]
        self._binding = session.io_binding()
        self._inputs: list[tuple[Float32Array, Any]] = []
        for one, staged_shape in zip(session.get_inputs(), shapes, strict=False):
            staged: Float32Array = np.zeros(staged_shape, np.float32)
            value = onnxruntime.OrtValue.ortvalue_from_numpy(staged, device, 0)
            self._binding.bind_ortvalue_input(one.name, value)
            self._inputs.append((staged, value))
        given = {output.name: output for output in session.get_outputs()}
        self._outputs = []
        for name in (name for name in ("logits", "distance") if name in given):
            shape = [size, *given[name].shape[1:]]
            value = onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, np.float32, device, 0)
            self._binding.bind_ortvalue_output(name, value)
            self._outputs.append(value)
        self._options = onnxruntime.RunOptions()
        if graphs:
            # Source: onnxruntime's documentation, "Using CUDA Graphs": one graph for each annotation.
            self._options.add_run_config_entry("gpu_graph_id", str(size))

    def run(self, windows: Float32Array, conditions: Float32Array | None) -> EngineOutput:
        """Run windows float32 [B, C, T], B at most the size, and conditions float32 [B, K] if there are any."""
        self._stage(0, windows, 0)
        if conditions is not None:
            # Conditions are padded with the last row: zero may be outside their range.
            self._stage(1, conditions, conditions[-1])
        self._session.run_with_iobinding(self._binding, self._options)
        # Copied: the next run writes to the same memory.
        values = [np.array(value.numpy()[: len(windows)]) for value in self._outputs]
        return EngineOutput(values[0], values[1] if len(values) > 1 else None)

    def _stage(self, index: int, rows: Float32Array, padding: Float32Array | float) -> None:
        staged, value = self._inputs[index]
        staged[: len(rows)] = rows
        staged[len(rows) :] = padding
        value.update_inplace(staged)

"""A request's work as a flow: a generator that yields calls of an engine, and is sent what each call returned.

The driver of a flow decides when its calls run: a worker thread runs them at once (`run_flow`), the container's
batching runs the calls of several flows together.
"""

import time
from collections.abc import Generator
from typing import Generic, TypeVar

import numpy as np
from msgspec import Struct

from functions.core.models.engine import Engine, EngineOutput
from functions.core.models.models import LoadedModel
from functions.core.preprocessing.arrays import Float32Array

# Bounds the memory of the activations, whatever the recording's length.
_WINDOWS_PER_RUN = 32


class EngineCall(Struct, frozen=True):
    """A call that a flow yields: windows float32 [B, C, T] for a model's engine, B >= 1.

    conditions: of operation, float32 [B, K], where the model takes some; all calls of one model have them, or none.
    """

    model: LoadedModel
    windows: Float32Array
    conditions: Float32Array | None = None


class Execution(Struct, eq=False):
    """One execution of a model, shared by one or more flows: the windows of all of them, and whether it was counted."""

    windows: int
    counted: bool = False


class EngineRun(Struct, frozen=True):
    """The result of a call: the engine's output for it, the time in the engine, and the time in the queue before."""

    output: EngineOutput
    elapsed_ms: float
    execution: Execution
    waited_ms: float = 0.0


Result = TypeVar("Result")
Flow = Generator[EngineCall, EngineRun, Result]


class Finished(Generic[Result], Struct, frozen=True):
    """The end of a flow, with what it returned."""

    result: Result


def run_flow(flow: Flow[Result]) -> Result:
    """Run a flow to its end in this thread, and return what it returns."""
    step = advance(flow)
    while isinstance(step, EngineCall):
        step = advance(flow, timed_run(step))
    return step.result


def advance(flow: Flow[Result], run: EngineRun | None = None) -> EngineCall | Finished[Result]:
    """Advance a flow to its next engine call, or to its end.

    Args:
        flow: not yet begun, or waiting for the run that is given.
        run: the result of its last call; None begins it.
    """
    try:
        return next(flow) if run is None else flow.send(run)
    except StopIteration as end:
        return Finished(end.value)


def timed_run(call: EngineCall) -> EngineRun:
    """Run the engine call of one flow by itself, and time it."""
    started = time.perf_counter()
    output = run_windows(call.model.engine, call.windows, call.conditions)
    return EngineRun(output, (time.perf_counter() - started) * 1e3, Execution(len(call.windows)))


def run_windows(
    engine: Engine, windows: Float32Array, conditions: Float32Array | None = None, at_once: int = _WINDOWS_PER_RUN
) -> EngineOutput:
    """Run windows float32 [B, C, T], B >= 1, and their conditions float32 [B, K], in runs of `at_once` windows."""
    parts = [slice(start, start + at_once) for start in range(0, len(windows), at_once)]
    outputs = [engine.run(windows[part], None if conditions is None else conditions[part]) for part in parts]
    if len(outputs) == 1:
        return outputs[0]
    distances = [output.distance for output in outputs if output.distance is not None]
    return EngineOutput(
        np.concatenate([output.logits for output in outputs]),
        np.concatenate(distances) if distances else None,
    )


def part_of(output: EngineOutput, start: int, end: int) -> EngineOutput:
    """Return the output of windows start to end."""
    distance = None if output.distance is None else output.distance[start:end]
    return EngineOutput(output.logits[start:end], distance)

"""The container in this process, for the tiny models, and engines that record their inputs."""

import threading
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.container.app import Container, create_container
from functions.container.settings import ContainerSettings
from functions.core.models.engine import EngineOutput
from functions.core.models.flow import EngineCall
from functions.core.models.manifest import Manifest
from functions.core.models.models import LoadedModel
from functions.core.preprocessing.arrays import Float32Array
from functions.core.settings import Settings
from tests.support.packages import make_manifest
from tests.support.waiting import SECONDS


def make_container(settings: Settings, **changes: Any) -> Container:
    """A container on the CPU; changes are settings of its own."""
    return create_container(settings, ContainerSettings(**({"provider": "cpu"} | changes)))


class SummingEngine:
    """Answers windows float32 [B, 1, T] by their sums; remembers its batches, and waits at a gate if it has one."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.batches: list[list[float]] = []
        self._gate = gate

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        self.batches.append(windows[:, 0, 0].tolist())
        if self._gate is not None:
            assert self._gate.wait(SECONDS)
        return EngineOutput(windows.sum(axis=2), windows[:, 0, 0])


class FailingEngine:
    """Fails, always."""

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        raise ValueError(f"no answer to {len(windows)} windows")


MANIFEST: Manifest = make_manifest("tiny", "1", b"nothing")


def call(engine: Any, values: Sequence[float]) -> EngineCall:
    """A call of windows float32 [B, 1, 4], each of one value."""
    windows: NDArray[np.float32] = np.array(values, np.float32)[:, np.newaxis, np.newaxis] * np.ones(4, np.float32)
    return EngineCall(LoadedModel(MANIFEST, "fp32", engine), windows)


class InlineExecutor(Executor):
    """Runs at once, in the caller's thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except ValueError as error:
            future.set_exception(error)
        return future

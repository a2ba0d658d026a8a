"""Conditions of operation in the container: joined with the windows that share a run, and through SageMaker's door."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from functions.container.app import Container
from functions.container.batching import Batcher, BatchLimits
from functions.core.models.engine import EngineOutput
from functions.core.models.flow import EngineCall
from functions.core.models.models import LoadedModel
from functions.core.preprocessing.arrays import Float32Array
from tests.conftest import MakeSettings
from tests.support.apps import assert_error, client_of, post_json
from tests.support.bearings import RATE_HZ, impacts, noise
from tests.support.container import MANIFEST, InlineExecutor, make_container
from tests.support.packages import WINDOW
from tests.support.recordings import tone


class RowsEngine:
    """Answers with the conditions that it got; remembers the size of each batch."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def run(self, windows: Float32Array, conditions: Float32Array | None = None) -> EngineOutput:
        assert conditions is not None
        self.sizes.append(len(windows))
        return EngineOutput(conditions, None)


@pytest.fixture
def container(make_settings: MakeSettings, conditioned_dir: Path) -> Container:
    settings = make_settings(models_dir=conditioned_dir, default_model="tiny-speed")
    return make_container(settings, batch_max_windows=4)


def call(engine: Any, windows: int, speed: float) -> EngineCall:
    rows = np.full((windows, 1), speed, np.float32)
    return EngineCall(LoadedModel(MANIFEST, "fp32", engine), np.zeros((windows, 1, 4), np.float32), rows)


async def test_requests_that_share_a_run_keep_their_own_conditions() -> None:
    engine = RowsEngine()
    batcher = Batcher(InlineExecutor(), BatchLimits(max_windows=3), lambda _: None)
    runs = await asyncio.gather(*(batcher.run(call(engine, 1, speed)) for speed in (1, 2, 3)))
    assert [run.output.logits.tolist() for run in runs] == [[[1]], [[2]], [[3]]]
    assert engine.sizes == [3]


async def test_a_long_request_runs_in_parts_with_their_conditions() -> None:
    engine = RowsEngine()
    batcher = Batcher(InlineExecutor(), BatchLimits(max_windows=3), lambda _: None)
    run = await batcher.run(call(engine, 7, 5))
    assert (run.output.logits.tolist(), engine.sizes) == ([[5]] * 7, [3, 3, 1])


def test_warm_up_runs_models_with_conditions(container: Container) -> None:
    container.warm_up()


async def test_requests_at_once_and_sagemaker_s_door_take_conditions(container: Container) -> None:
    signal, speeds = tone(0.0).tolist(), (1000, 4000, 1000, 4000)

    async def ask(client: httpx.AsyncClient, path: str, speed: float) -> str:
        document = {"signal": signal, "conditions": {"shaft_speed_rpm": speed}}
        name: str = (await post_json(client, path, document)).json()["class_id"]
        return name

    async with client_of(container.served) as client:
        for path in ("/predict", "/invocations"):
            answers = await asyncio.gather(*(ask(client, path, speed) for speed in speeds))
            assert answers == ["centred", "high", "centred", "high"]
        missing = await post_json(client, "/invocations", {"signal": signal})
        assert_error(missing, 422, "condition_missing", "conditions.shaft_speed_rpm")


async def test_sagemaker_s_door_shows_the_evidence_and_takes_a_second_tensor(container: Container) -> None:
    outer = (impacts(1, 3.5848 * 30) + 0.7 * noise(1)).astype(float).round(2).tolist()
    body = {"signal": outer, "sample_rate_hz": RATE_HZ, "shaft_speed_rpm": 1800, "bearing": "6205"}
    tensors = [
        {"name": "signal", "datatype": "FP32", "shape": [1, 1, WINDOW], "data": tone(0.0).tolist()},
        {"name": "conditions", "datatype": "FP32", "shape": [1, 2], "data": [4000, 0.5]},
    ]
    async with client_of(container.served) as client:
        answer = (await post_json(client, "/invocations", body)).json()
        assert answer["conditions"] == {"shaft_speed_rpm": 1800, "load": 0.5}
        assert [one["supports"] for one in answer["evidence"]] == ["outer_race", None, None, None]
        found = (await post_json(client, "/invocations", {"inputs": tensors})).json()["outputs"][0]
    np.testing.assert_allclose(found["data"], [4, 1.5, -4], atol=1e-4)

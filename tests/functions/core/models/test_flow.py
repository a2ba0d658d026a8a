"""Flows: the same answer by every driver."""

import numpy as np
import pytest

from functions.core.models.engine import EngineOutput
from functions.core.models.flow import (
    EngineCall,
    EngineRun,
    Execution,
    Finished,
    Flow,
    advance,
    part_of,
    run_flow,
    run_windows,
)
from tests.support.container import SummingEngine, call


def two_runs(engine: SummingEngine) -> Flow[list[float]]:
    first = yield call(engine, [1, 2])
    second = yield call(engine, [3])
    return [*first.output.logits[:, 0].tolist(), *second.output.logits[:, 0].tolist()]


def test_a_flow_runs_to_its_end() -> None:
    engine = SummingEngine()
    assert run_flow(two_runs(engine)) == [4, 8, 12]
    assert engine.batches == [[1, 2], [3]]


def test_who_follows_step_by_step_decides_what_the_runs_are() -> None:
    flow = two_runs(SummingEngine())
    made_up = EngineRun(EngineOutput(np.array([[7.0]], np.float32), None), 1.0, Execution(1))
    first, second = advance(flow), advance(flow, made_up)
    assert isinstance(first, EngineCall)
    assert isinstance(second, EngineCall)
    assert (len(first.windows), len(second.windows)) == (2, 1)
    assert advance(flow, made_up) == Finished([7, 7])


def test_what_a_flow_raises_is_raised() -> None:
    def failing() -> Flow[None]:
        run = yield call(SummingEngine(), [1])
        raise ValueError(f"after {len(run.output.logits)}")

    with pytest.raises(ValueError, match=r"^after 1$"):
        run_flow(failing())


def test_many_windows_run_a_few_at_a_time() -> None:
    engine = SummingEngine()
    output = run_windows(engine, call(engine, list(range(7))).windows, at_once=3)
    assert [len(batch) for batch in engine.batches] == [3, 3, 1]
    assert output.logits[:, 0].tolist() == [0, 4, 8, 12, 16, 20, 24]
    middle = part_of(output, 2, 4)
    assert middle.distance is not None
    assert (middle.logits[:, 0].tolist(), middle.distance.tolist()) == ([8, 12], [2, 3])
    assert part_of(EngineOutput(output.logits, None), 0, 1).distance is None

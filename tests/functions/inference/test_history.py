"""The history of assets beside answers: a server's answers do not wait for it."""

import threading
from collections.abc import Sequence

import httpx
import numpy as np
import pytest

from functions.core.assets.history import Observation
from functions.core.assets.recorder import Recorder
from functions.core.errors import DependencyUnavailableError
from functions.core.settings import Settings
from functions.inference import app as inference
from tests.conftest import ReadLog
from tests.support.recordings import tone
from tests.support.servers import serving
from tests.support.waiting import SECONDS


class HeldHistory:
    """A history that keeps nothing until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.kept: list[Observation] = []

    def record(self, observations: Sequence[Observation]) -> None:
        assert self.released.wait(SECONDS)
        self.kept += observations


def test_a_server_answers_before_the_history_is_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    history = HeldHistory()
    monkeypatch.setattr(inference, "create_history", lambda _: history)
    with serving(inference.create_app(settings)) as (host, port), httpx.Client(timeout=SECONDS) as client:
        for _ in range(3):
            # Also the next requests of the same connection do not wait.
            answer = client.post(
                f"http://{host}:{port}/predict",
                params={"asset_id": "press-4"},
                content=tone(0.5).tobytes(),
                headers={"content-type": "application/octet-stream"},
            )
            assert answer.status_code == 200
        assert history.kept == []
        history.released.set()
    assert [one.asset_id for one in history.kept] == ["press-4"] * 3
    assert np.isclose(history.kept[0].answer.recording.rms, 0.1 / 2**0.5, rtol=1e-4)


class FailingHistory:
    """A history that keeps every other asset."""

    def __init__(self) -> None:
        self.seen = 0

    def record(self, observations: Sequence[Observation]) -> None:
        self.seen += 1
        if self.seen % 2:
            raise DependencyUnavailableError("The history of assets is not available.")


async def test_one_that_is_lost_takes_no_other_with_it(settings: Settings, read_log: ReadLog) -> None:
    history = FailingHistory()
    press, pump, fan = (
        Observation("r0", asset_id, 0.0, None)  # type: ignore[arg-type]
        for asset_id in ("press-4", "pump-1", "fan-2")
    )
    await Recorder(history).record([press, pump, press, fan])
    assert history.seen == 3
    assert [line["asset"] for line in read_log()] == ["press-4", "press-4", "fan-2"]


async def test_too_many_at_once_are_lost_and_said(read_log: ReadLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.core.assets.recorder._MOST_PENDING", 0)
    observation = Observation("r0", "press-4", 0.0, None)  # type: ignore[arg-type]
    await Recorder(FailingHistory()).record([observation] * 2)
    assert [line["reason"] for line in read_log()] == ["too many are waiting"] * 2

"""Recording of answers in the history of assets, without the answer waiting for it or failing with it."""

from collections.abc import Sequence

from functions.core.assets.history import History, Observation, by_asset
from functions.core.errors import DependencyUnavailableError, TooManyRequestsError
from functions.core.http.workers import Workers
from functions.core.observability.metrics import observe_history_lost
from functions.core.observability.telemetry import LOGGER

_MOST_PENDING = 256


class Recorder:
    """Writes observations to a history in threads of its own; one that is lost is counted and logged."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._workers = Workers(_MOST_PENDING)

    async def record(self, observations: Sequence[Observation]) -> None:
        """Keep the observations of one answer, in order."""
        try:
            await self._workers.run(self._record, observations)
        except TooManyRequestsError:
            for observation in observations:
                _lose(observation, "too many are waiting")

    def _record(self, observations: Sequence[Observation]) -> None:
        for together in by_asset(observations):
            try:
                self._history.record(together)
            except DependencyUnavailableError as error:
                for observation in together:
                    _lose(observation, error.message)


def _lose(observation: Observation, reason: str) -> None:
    observe_history_lost()
    LOGGER.error("a diagnosis is not in its asset's history", extra={"asset": observation.asset_id, "reason": reason})

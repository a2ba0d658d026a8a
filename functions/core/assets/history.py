"""The history of assets: the observations that it keeps, and the protocols of a history and of alerts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from functions.core.http.diagnosis_answer import DiagnosisAnswer

if TYPE_CHECKING:
    from functions.core.assets.condition import Change

# A transaction of DynamoDB has 100 writes at most; a smaller one costs less to repeat.
MOST_AT_ONCE = 25


class Observation(Struct, frozen=True):
    """A recording of an asset and the diagnosis of it.

    id: distinguishes it from others of the same asset and time; the same id, asset and time is the same observation.
    recorded_at_s: epoch seconds.
    """

    id: str
    asset_id: str
    recorded_at_s: float
    answer: DiagnosisAnswer


class History(Protocol):
    """A store of observations."""

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep observations of one asset, as `by_asset` gives them; one that is kept already changes nothing.

        Raises:
            DependencyUnavailableError: they cannot be kept.
        """
        ...


class Alerts(Protocol):
    """A receiver of the changes of assets' conditions."""

    def raise_alert(self, asset_id: str, change: "Change", alert_id: str) -> None:
        """Raise the alert of a change; the same alert may be raised again, with the same id.

        Raises:
            DependencyUnavailableError: the alert could not be delivered.
        """
        ...


def by_asset(observations: Iterable[Observation]) -> Iterator[list[Observation]]:
    """Yield observations in groups that are kept together: of one asset, in order, at most MOST_AT_ONCE."""
    waiting: dict[str, list[Observation]] = {}
    for one in observations:
        group = waiting.setdefault(one.asset_id, [])
        group.append(one)
        if len(group) == MOST_AT_ONCE:
            yield waiting.pop(one.asset_id)
    yield from waiting.values()

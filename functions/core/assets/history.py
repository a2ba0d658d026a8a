"""The history of assets: what is kept of a diagnosis, and the protocols behind which it is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from functions.core.http.diagnosis_answer import DiagnosisAnswer

if TYPE_CHECKING:
    from functions.core.assets.condition import Change

# A transaction of DynamoDB has 100 writes at most; who repeats one repeats all of it.
MOST_AT_ONCE = 25


@dataclass(frozen=True)
class Observation:
    """A recording of an asset and the diagnosis of it.

    id: tells it from others of the same asset and time; the same id, asset and time again is the same observation.
    recorded_at_s: epoch seconds.
    """

    id: str
    asset_id: str
    recorded_at_s: float
    answer: DiagnosisAnswer


class History(Protocol):
    """Keeps observations."""

    def record(self, observations: Sequence[Observation]) -> None:
        """Keep observations of one asset, as `by_asset` gives them; one that is kept already changes nothing.

        Raises:
            DependencyUnavailableError: they cannot be kept.
        """
        ...


class Alerts(Protocol):
    """Is told when an asset turns."""

    def raise_alert(self, asset_id: str, change: "Change", alert_id: str) -> None:
        """Tell of a turn; the same alert may be told again, with the same id.

        Raises:
            DependencyUnavailableError: nobody could be told.
        """
        ...


def by_asset(observations: Iterable[Observation]) -> Iterator[list[Observation]]:
    """Yield observations as they can be kept together: of one asset, in order, so many at most."""
    waiting: dict[str, list[Observation]] = {}
    for one in observations:
        group = waiting.setdefault(one.asset_id, [])
        group.append(one)
        if len(group) == MOST_AT_ONCE:
            yield waiting.pop(one.asset_id)
    yield from waiting.values()

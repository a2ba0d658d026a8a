"""The states of a job, and the transitions between them."""

from collections.abc import Mapping
from typing import Literal

State = Literal["queued", "running", "succeeded", "partially_failed", "failed", "cancelled"]

FOLLOWS: Mapping[State, frozenset[State]] = {
    "queued": frozenset({"running", "failed", "cancelled"}),
    "running": frozenset({"succeeded", "partially_failed", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "partially_failed": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
FINAL = frozenset(state for state, following in FOLLOWS.items() if not following)


def sources(target: State) -> list[State]:
    """Return the states from which a job may go into a state."""
    return [state for state, following in FOLLOWS.items() if target in following]


def verdict(done: int, failed: int) -> State:
    """Return the final state of a job all of whose recordings were tried."""
    if not failed:
        return "succeeded"
    return "partially_failed" if done else "failed"

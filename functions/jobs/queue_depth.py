"""How much waits in the queue of jobs, and how much was given up."""

import time
from collections.abc import Callable

from functions.core.aws.caching import TimedCache
from functions.core.aws.clients import answering, sqs_client
from functions.core.errors import DependencyUnavailableError
from functions.core.jobs.messages import WHAT
from functions.core.observability.telemetry import LOGGER
from functions.jobs.schemas import QueueAnswer

# A page that follows a job asks every two seconds, and the counts are approximate anyway.
KEPT_S = 5.0


class QueueDepth:
    """Counts the messages of the queue and of its dead letters, at most once in some seconds.

    A queue that does not tell, or may not be asked, is a depth that is not known: it keeps nobody from his jobs.
    """

    def __init__(
        self, queue_url: str | None, dead_letters_url: str | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._queue_url = queue_url
        self._dead_letters_url = dead_letters_url
        self._cache = TimedCache(self._ask, KEPT_S, clock, from_answer=True)

    def read(self) -> QueueAnswer | None:
        """Return the depth as it was a few seconds ago at most, or None where it is not known."""
        return self._cache.get()

    def _ask(self) -> QueueAnswer | None:
        if self._queue_url is None:
            return None
        try:
            dead = None if self._dead_letters_url is None else _count(self._dead_letters_url)
            return QueueAnswer(waiting=_count(self._queue_url), dead=dead)
        except DependencyUnavailableError as error:
            LOGGER.warning("queue depth unknown", extra={"code": error.code}, exc_info=error.__cause__)
            return None


def _count(url: str) -> int:
    with answering(WHAT):
        answer = sqs_client().get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])

"""The depth of the queue of jobs: messages that wait, and messages that were given up."""

import time
from collections.abc import Callable

from functions.core.aws.caching import TimedCache
from functions.core.aws.clients import reporting_unavailable, sqs_client
from functions.core.errors import DependencyUnavailableError
from functions.core.jobs.messages import WHAT
from functions.core.observability.telemetry import LOGGER
from functions.jobs.schemas import QueueAnswer

# A page that follows a job asks every two seconds, and the counts are approximate anyway.
KEPT_S = 5.0


class QueueDepth:
    """The counts of messages of the queue and its dead-letter queue, read at most once in some seconds.

    Where they cannot be read the depth is unknown, which fails no request for jobs.
    """

    def __init__(
        self, queue_url: str | None, dead_letters_url: str | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._queue_url = queue_url
        self._dead_letters_url = dead_letters_url
        self._cache = TimedCache(self._ask, KEPT_S, clock, from_answer=True)

    def read(self) -> QueueAnswer | None:
        """Return the depth, at most a few seconds old, or None where it is unknown."""
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
    with reporting_unavailable(WHAT):
        answer = sqs_client().get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])

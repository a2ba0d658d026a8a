"""How many requests one instance holds at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from functions.core.errors import TooManyRequestsError


class Admission:
    """Lets so many requests in; further ones are told to come back. For one event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold a place while the block runs.

        Raises:
            TooManyRequestsError: there is none.
        """
        if self._held >= self._limit:
            raise TooManyRequestsError(f"{self._limit} requests are in work already; try again in a moment.")
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

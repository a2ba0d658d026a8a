"""A cache of one value with a time limit, so that a service is not called with every request."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class TimedCache(Generic[Value]):
    """One value, read when it is needed and kept for some seconds; safe to share between threads."""

    def __init__(
        self,
        read: Callable[[], Value],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        from_answer: bool = False,
    ) -> None:
        """Set how the value is read, and for how long it is kept.

        Args:
            read: returns the value, or raises.
            seconds: how long a value is kept.
            clock: seconds of a monotonic clock.
            from_answer: count the seconds from the end of a read, so that callers do not wait again for a slow
                service; otherwise from its start, so that no value is older.
        """
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._from_answer = from_answer
        self._kept: tuple[float, Value] | None = None
        self._lock = Lock()

    def get(self, at_most_s: float | None = None) -> Value:
        """Return the value, read again where the one kept is too old; raises as `read`, and keeps no failure.

        Args:
            at_most_s: how old the value may be, where that is less than the time for which it is kept.
        """
        allowed_s = self._seconds if at_most_s is None else min(at_most_s, self._seconds)
        with self._lock:
            if self._kept is None or self._clock() - self._kept[0] >= allowed_s:
                asked = self._clock()
                value = self._read()
                self._kept = (self._clock() if self._from_answer else asked, value)
            return self._kept[1]

    def expire(self) -> None:
        """Forget the value: the next call reads it again."""
        with self._lock:
            self._kept = None

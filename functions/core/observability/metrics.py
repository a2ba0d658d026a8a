"""Metrics of requests: counted while a request runs, passed to the sinks once, at the HTTP boundary.

Code that has something to count calls `observe_...`; the entry point decides where it goes, by the sinks that it
composes the app with: CloudWatch's log format on Lambda, memory in the local server. Metrics never hold signal values
or keys, and every label comes from the code or a manifest, never from a caller.
"""

from collections import Counter
from collections.abc import Sequence
from contextvars import ContextVar, Token
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from functions.core.settings import Settings

# Starts that a request waits for; a function with provisioned concurrency is started earlier.
# Source: AWS Lambda developer guide, "Using Lambda environment variables", AWS_LAMBDA_INITIALIZATION_TYPE.
_WAITED_FOR = frozenset({"on-demand", "snap-start"})


class Finding(NamedTuple):
    """A model and the class it found: the label of a counted diagnosis."""

    model: str
    class_id: str


class Tally(Struct):
    """The counts of one request so far; only the thread that works on the request writes them.

    inference_ms: time in the engine; windows: how many ran; diagnoses and novel: diagnoses by finding, and those of
    them that are unlike the training data.
    """

    model: str | None = None
    inference_ms: float = 0.0
    windows: int = 0
    diagnoses: Counter[Finding] = field(default_factory=Counter)
    novel: Counter[Finding] = field(default_factory=Counter)
    models_not_loaded: int = 0
    key_store_failures: int = 0
    history_lost: int = 0


class RequestMetrics(Struct, frozen=True):
    """One finished request.

    endpoint: name of the code that answered, `unmatched` where no route did; method: of HTTP; status: 0 when the caller
    left before an answer; memory_percent: peak resident memory of the process as a share of the Lambda function's,
    elsewhere None.
    """

    endpoint: str
    status: int
    latency_ms: float
    cold_start: bool
    memory_percent: float | None
    tally: Tally
    method: str = ""


class Sink(Protocol):
    """A receiver of the metrics of finished requests."""

    def record(self, request: RequestMetrics) -> None:
        """Take one finished request; called on the event loop, so it must be quick."""
        ...


_tally: ContextVar[Tally | None] = ContextVar("palier_tally", default=None)


def observe_inference(model: str, windows: int, elapsed_ms: float) -> None:
    """Count a run of a model on so many windows; outside a request nothing is counted."""
    if tally := _tally.get():
        tally.model = model
        tally.windows += windows
        tally.inference_ms += elapsed_ms


def observe_diagnosis(finding: Finding, *, novel: bool) -> None:
    """Count a diagnosis, and whether its recording is unlike the training data."""
    if tally := _tally.get():
        tally.diagnoses[finding] += 1
        tally.novel[finding] += novel


def observe_model_not_loaded() -> None:
    """Count a model that was needed and cannot be loaded."""
    if tally := _tally.get():
        tally.models_not_loaded += 1


def observe_key_store_failure() -> None:
    """Count a failure to read the key store."""
    if tally := _tally.get():
        tally.key_store_failures += 1


def observe_history_lost() -> None:
    """Count a diagnosis that could not be written to its asset's history."""
    if tally := _tally.get():
        tally.history_lost += 1


class Meter:
    """Measures the requests of one app, and passes each finished request to every sink once."""

    def __init__(self, settings: Settings, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self._memory_mb = settings.lambda_memory_mb
        self._cold = settings.lambda_initialization in _WAITED_FOR

    def begin(self) -> Token[Tally | None]:
        """Begin a request: what is observed from here on, in this context, is the request's."""
        return _tally.set(Tally())

    def end(self, token: Token[Tally | None], endpoint: str, status: int, latency_ms: float, method: str = "") -> None:
        """End the request that `begin` began, and pass its metrics to the sinks."""
        tally = _tally.get() or Tally()
        _tally.reset(token)
        cold, self._cold = self._cold, False
        request = RequestMetrics(endpoint, status, latency_ms, cold, self._memory_percent(), tally, method)
        for sink in self._sinks:
            sink.record(request)

    def _memory_percent(self) -> float | None:
        return None if self._memory_mb is None else 100 * _peak_memory_kib() / (1024 * self._memory_mb)


def _peak_memory_kib() -> int:
    # Late: Windows, where only the local server runs, has no such module.
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

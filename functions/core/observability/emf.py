"""A sink that writes metrics in CloudWatch's embedded metric format: log lines that CloudWatch reads as metrics.

Source: Amazon CloudWatch user guide, "Specification: Embedded metric format".
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple, TextIO

from functions.core.observability.metrics import Finding, RequestMetrics, Tally
from functions.core.observability.telemetry import request_id_var

NAMESPACE = "Palier"

# Dimension sets. Each set of values is a metric that is paid for: the numbers of classes and endpoints are bounded.
_FUNCTION = ("Stage", "Function")
_ENDPOINT = ("Stage", "Function", "Endpoint")
_MODEL = ("Stage", "Model")
_CLASS = ("Stage", "Model", "Class")

_UNITS = {"Latency": "Milliseconds", "InferenceTime": "Milliseconds", "MemoryUsed": "Percent"}

_encode = json.JSONEncoder(separators=(",", ":")).encode

Members = dict[str, object]


class _Directive(NamedTuple):
    """A metric directive: names of metrics, and the sets of dimensions that they have."""

    dimensions: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]


_INFERENCE = _Directive((_FUNCTION, _MODEL), ("InferenceTime",))
_DIAGNOSED = (
    _Directive((_FUNCTION, _CLASS), ("Diagnoses",)),
    _Directive((_FUNCTION, _MODEL), ("NovelDiagnoses",)),
)


class EmfSink:
    """Writes each request as one JSON line to standard output; of a batch, one more line for each further class.

    A document holds one value of each dimension, so each class needs a line of its own.
    """

    def __init__(
        self, stage: str, function: str, stream: TextIO | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._dimensions: Members = {"Stage": stage, "Function": function}
        self._stream = stream
        self._clock = clock

    def record(self, request: RequestMetrics) -> None:
        """Write the request's lines, and flush them before the answer is returned to Lambda."""
        timestamp_ms = round(self._clock() * 1e3)
        stream = self._stream or sys.stdout
        stream.write("".join(self._line(timestamp_ms, *part) for part in _parts(request)))
        stream.flush()

    def _line(self, timestamp_ms: int, directives: tuple[_Directive, ...], members: Members) -> str:
        metadata = f'{{"Timestamp":{timestamp_ms},"CloudWatchMetrics":{_encoded(directives)}}}'
        return f'{{"_aws":{metadata},{_encode(self._dimensions | members)[1:]}\n'


@lru_cache(maxsize=256)
def _encoded(directives: tuple[_Directive, ...]) -> str:
    # Of a few shapes, and the larger half of a line.
    return _encode(
        [
            {
                "Namespace": NAMESPACE,
                "Dimensions": one.dimensions,
                "Metrics": [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in one.names],
            }
            for one in directives
        ]
    )


def _parts(request: RequestMetrics) -> Iterator[tuple[tuple[_Directive, ...], Members]]:
    """Yield the directives and members of each line."""
    counts = _request_counts(request)
    directives: tuple[_Directive, ...] = (
        _Directive((_FUNCTION,), tuple(counts)),
        _Directive((_ENDPOINT,), ("Requests",)),
    )
    members: Members = {**counts, "Endpoint": request.endpoint, "status": request.status}
    members["request_id"] = request_id_var.get()
    if request.tally.windows:
        directives += (_INFERENCE,)
        members |= {"InferenceTime": round(request.tally.inference_ms, 4), "Model": request.tally.model}
    first, *others = [_diagnosed(request.tally, finding) for finding in request.tally.diagnoses] or [((), {})]
    yield directives + first[0], members | first[1]
    yield from others


def _request_counts(request: RequestMetrics) -> Members:
    status, tally = request.status, request.tally
    counts: Members = {
        "Requests": 1,
        "ClientErrors": int(400 <= status < 500),
        "ServerErrors": int(status >= 500),
        "Throttled": int(status == HTTPStatus.TOO_MANY_REQUESTS),
        "ColdStart": int(request.cold_start),
        "Latency": round(request.latency_ms, 3),
    }
    if request.memory_percent is not None:
        counts["MemoryUsed"] = round(request.memory_percent, 2)
    # Rare events: a metric that is never written costs nothing.
    rare = {
        "Windows": tally.windows,
        "ModelNotLoaded": tally.models_not_loaded,
        "KeyStoreFailures": tally.key_store_failures,
        "HistoryLost": tally.history_lost,
    }
    return counts | {name: count for name, count in rare.items() if count}


def _diagnosed(tally: Tally, finding: Finding) -> tuple[tuple[_Directive, ...], Members]:
    counts = {"Diagnoses": tally.diagnoses[finding], "NovelDiagnoses": tally.novel[finding]}
    return _DIAGNOSED, {"Model": finding.model, "Class": finding.class_id, **counts}

"""Reading the embedded metric format as CloudWatch does, and holding it to its specification."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

SCHEMA = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "emf.schema.json").read_text())
MOST_BYTES = 1_000_000
MOST_METRICS = 100

Series = tuple[str, tuple[tuple[str, str], ...]]


def read_line(line: str) -> dict[str, Any]:
    """The document of one line, checked against the specification and what it says beyond its schema."""
    assert len(line.encode()) < MOST_BYTES
    document: dict[str, Any] = json.loads(line)
    Draft7Validator(SCHEMA).validate(document)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for name in {name for one in directive["Dimensions"] for name in one}:
            assert isinstance(document[name], str), name
            assert 1 <= len(document[name]) <= 1024, name
        for metric in directive["Metrics"]:
            value = document[metric["Name"]]
            assert isinstance(value, int | float), metric
            assert not isinstance(value, bool), metric
    assert sum(len(one["Metrics"]) for one in document["_aws"]["CloudWatchMetrics"]) <= MOST_METRICS
    return document


def series(text: str) -> dict[Series, float]:
    """Return the sum of each metric of the lines, by name and dimensions, as CloudWatch adds them up."""
    sums: dict[Series, float] = {}
    for document in map(read_line, text.splitlines()):
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = tuple((name, document[name]) for name in names)
                for metric in directive["Metrics"]:
                    key = (metric["Name"], dimensions)
                    sums[key] = sums.get(key, 0) + document[metric["Name"]]
    return sums


def metric_names(text: str) -> set[tuple[str, tuple[str, ...]]]:
    """Metric names with the names of their dimensions."""
    return {(name, tuple(key for key, _ in dimensions)) for name, dimensions in series(text)}

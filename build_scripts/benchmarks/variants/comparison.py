"""The result of a comparison of variants, and its JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from build_scripts.benchmarks.variants.recipe import FLOAT32
from build_scripts.measuring.latency import Latency
from build_scripts.measuring.machine import measured_on


@dataclass(frozen=True)
class Cell:
    """Latencies by row of calls with `batch` windows on `threads` threads."""

    batch: int
    threads: int
    latencies: Mapping[str, Latency]

    def windows_per_s(self, row: str) -> float:
        """Return a row's throughput: windows of a call over its median time."""
        return self.batch / self.latencies[row].p50_ms * 1e3

    def speedup(self, row: str) -> float:
        """Return how many times faster a row's median is than that of onnxruntime float32 in the same cell."""
        return self.latencies[FLOAT32].p50_ms / self.latencies[row].p50_ms

    def as_json(self) -> dict[str, object]:
        """Return batch, threads and the figures of each row."""
        rows = {
            row: asdict(latency)
            | {"windows_per_s": self.windows_per_s(row), f"speedup_over_{FLOAT32}": self.speedup(row)}
            for row, latency in self.latencies.items()
        }
        return {"batch": self.batch, "threads": self.threads, "rows": rows}


@dataclass(frozen=True)
class Weight:
    """Size of a row's file and peak memory by batch, in bytes; None or missing where not measured, with a note.

    peak_memory_bytes is the rise above runtime_memory_bytes, as `variants.memory` counts both.
    """

    size_bytes: int | None
    peak_memory_bytes: Mapping[int, int]
    runtime_memory_bytes: int | None
    note: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the figures; batches are strings, as JSON's keys are."""
        peaks = {str(batch): peak for batch, peak in self.peak_memory_bytes.items()}
        return asdict(self) | {"peak_memory_bytes": peaks}


@dataclass(frozen=True)
class Comparison:
    """Every form of one model: cells, weights and labels by row, and the rows left out with the reason."""

    cells: tuple[Cell, ...]
    weights: Mapping[str, Weight]
    labels: Mapping[str, str]
    left_out: Mapping[str, str]

    def cell(self, batch: int, threads: int) -> Cell:
        """Return one cell.

        Raises:
            KeyError: it was not timed.
        """
        for cell in self.cells:
            if (cell.batch, cell.threads) == (batch, threads):
                return cell
        raise KeyError((batch, threads))

    def as_json(self) -> dict[str, object]:
        """Return one JSON object: the first cell's latencies, all cells, variants, rows left out, the machine."""
        first = self.cells[0]
        return {
            "latency_ms": {row: asdict(latency) for row, latency in first.latencies.items()},
            "threads": first.threads,
            "batch": first.batch,
            **measured_on(),
            "cells": [cell.as_json() for cell in self.cells],
            "variants": {
                row: {"label": self.labels.get(row, row)} | one.as_json() for row, one in self.weights.items()
            },
            "left_out": dict(self.left_out),
        }

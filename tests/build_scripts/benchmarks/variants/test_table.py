import json
from typing import Any

import pytest
from rich.console import Console

from build_scripts.benchmarks.variants.recipe import RECIPES, labels_of
from build_scripts.benchmarks.variants.table import megabytes
from build_scripts.build_cli.tables import render
from tests.build_scripts.benchmarks.variants.test_comparison import COMPARISON


def printed(report: dict[str, Any]) -> list[str]:
    console = Console(width=400, record=True)
    with console.capture() as captured:
        console.print(render("benchmark", report))
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.fixture
def report() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(COMPARISON.as_json()))
    return read


def test_there_is_a_table_for_each_cell_and_one_of_weights(report: dict[str, Any]) -> None:
    text = "\n".join(printed(report | {"int8_speedup_over_onnx_fp32": 4.0}))
    assert "int8 speedup over onnx fp32" in text
    assert text.index("batch 1, 1 thread (") < text.index("batch 32, 2 threads (") < text.index("peak memory")
    assert "not measured here" in text
    assert "left out: pytorch_compiled: no compiler" in text


def test_a_row_has_percentiles_throughput_speed_and_calls(report: dict[str, Any]) -> None:
    row = next(line for line in printed(report) if "onnx_int8" in line)
    assert row.split() == ["onnx_int8", "2.000", "3.000", "4.000", "500.0", "4.00", "30"]


def test_it_fits_100_columns(report: dict[str, Any]) -> None:
    slow = {"p50_ms": 12345.678, "p95_ms": 12345.678, "p99_ms": 12345.678, "calls": 500, "windows_per_s": 99.9}
    labels = labels_of(RECIPES) | {"longest": "dynamic int8 (the reference project's own)"}
    report["cells"][0]["rows"] = {row: slow | {"speedup_over_onnx_fp32": 11.11} for row in labels}
    report["variants"] = {row: report["variants"]["onnx_fp32"] | {"label": label} for row, label in labels.items()}
    lines = printed({"cells": report["cells"][:1], "variants": report["variants"], "left_out": {}})
    assert len(lines) > 2 * len(labels)
    assert max(map(len, lines)) <= 100


def test_sizes_have_three_digits() -> None:
    assert [megabytes(size) for size in (None, 3_907_962, 125_163, 238_854_144)] == ["-", "3.91", "0.125", "239"]

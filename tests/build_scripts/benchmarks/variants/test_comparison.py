import json

import pytest

from build_scripts.benchmarks.variants.comparison import Cell, Comparison, Weight
from build_scripts.measuring.latency import Latency

COMPARISON = Comparison(
    cells=(
        Cell(1, 1, {"onnx_fp32": Latency(8, 9, 10, 7, 30), "onnx_int8": Latency(2, 3, 4, 1, 30)}),
        Cell(32, 2, {"onnx_fp32": Latency(80, 90, 95, 70, 5), "onnx_int8": Latency(40, 41, 42, 39, 5)}),
    ),
    weights={
        "onnx_fp32": Weight(4_000_000, {1: 9_000_000, 32: 70_000_000}, 50_000_000),
        "onnx_int8": Weight(1_000_000, {}, None, "not measured here"),
    },
    labels={"onnx_fp32": "float32"},
    left_out={"pytorch_compiled": "no compiler"},
)


def test_the_report_is_json_with_every_figure() -> None:
    report = json.loads(json.dumps(COMPARISON.as_json()))
    assert report["latency_ms"]["onnx_int8"] == {"p50_ms": 2, "p95_ms": 3, "p99_ms": 4, "min_ms": 1, "calls": 30}
    assert (report["batch"], report["threads"]) == (1, 1)
    assert {"machine", "cpu_flags", "versions"} <= set(report)
    assert [(cell["batch"], cell["threads"]) for cell in report["cells"]] == [(1, 1), (32, 2)]
    assert report["cells"][1]["rows"]["onnx_int8"] == {
        "p50_ms": 40,
        "p95_ms": 41,
        "p99_ms": 42,
        "min_ms": 39,
        "calls": 5,
        "windows_per_s": 800,
        "speedup_over_onnx_fp32": 2,
    }
    assert report["variants"] == {
        "onnx_fp32": {
            "label": "float32",
            "size_bytes": 4_000_000,
            "peak_memory_bytes": {"1": 9_000_000, "32": 70_000_000},
            "runtime_memory_bytes": 50_000_000,
            "note": None,
        },
        "onnx_int8": {
            "label": "onnx_int8",
            "size_bytes": 1_000_000,
            "peak_memory_bytes": {},
            "runtime_memory_bytes": None,
            "note": "not measured here",
        },
    }
    assert report["left_out"] == {"pytorch_compiled": "no compiler"}


def test_a_cell_is_found_by_batch_and_threads() -> None:
    assert COMPARISON.cell(batch=32, threads=2).speedup("onnx_int8") == 2
    with pytest.raises(KeyError):
        COMPARISON.cell(batch=32, threads=1)

import json

from build_scripts.benchmarks.benchmark_page import render_benchmarks
from build_scripts.benchmarks.variants.page import render_variants
from tests.build_scripts.benchmarks.variants.test_comparison import COMPARISON

REPORT = json.loads(json.dumps(COMPARISON.as_json()))


def test_the_page_has_overview_weights_and_every_cell() -> None:
    text = render_variants(REPORT)
    assert "| variant | batch 1, 1 thread | batch 32, 2 threads |\n| --- | --- | --- |\n" in text
    assert "| float32 | 8.000 (1.00) | 80.000 (1.00) |\n| onnx_int8 | 2.000 (4.00) | 40.000 (2.00) |\n" in text
    assert "| variant | file MB | peak MB, batch 1 | peak MB, batch 32 | runtime MB | note |" in text
    assert "| float32 | 4 | 9 | 70 | 50 |  |" in text
    assert "| onnx_int8 | 1 | - | - | - | not measured here |" in text
    assert "| 32 | 2 | onnx_int8 | 40.000 | 41.000 | 42.000 | 800.0 | 5 |" in text
    assert "Left out: `pytorch_compiled`: no compiler" in text


def test_a_row_that_a_cell_lacks_is_a_dash() -> None:
    first, second = REPORT["cells"]
    less = second | {"rows": {"onnx_fp32": second["rows"]["onnx_fp32"]}}
    assert "| onnx_int8 | 2.000 (4.00) | - |" in render_variants(REPORT | {"cells": [first, less]})


def test_the_page_of_benchmarks_takes_the_tables_over() -> None:
    reports = {"reference": REPORT | {"int8_speedup_over_onnx_fp32": 4.0}, "variants": REPORT}
    text = render_benchmarks({"date": "2026-11-23", "reports": reports})
    assert "| int8 by this project's recipe, times faster than float32 | 4.00 |" in text
    assert text.count(render_variants(REPORT)) == 2
    assert "| arm |" not in text


def test_arms_have_a_99th_percentile_once_all_were_measured_with_it() -> None:
    times = {"p50_ms": 1.0, "p95_ms": 2.0}
    head = {"machine": "m", "cpu_flags": [], "versions": {}}

    def rendered(arm: dict[str, float]) -> str:
        report = head | {"latency_ms": {"engine": times | {"p99_ms": 3.0}, "palier_json": arm}}
        return render_benchmarks({"date": "2026-11-23", "reports": {"http": report}})

    assert "| Palier, JSON | 1.000 | 2.000 |\n" in rendered(times)
    assert "| Palier, JSON | 1.000 | 2.000 | 4.000 |\n" in rendered(times | {"p99_ms": 4.0})

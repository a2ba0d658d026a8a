import json

import pytest

from build_scripts.benchmarks.reference_recipe import QUICK_REFERENCE, REFERENCE
from build_scripts.benchmarks.variants.benchmark import Instruments
from build_scripts.benchmarks.variants.reference import benchmark_reference
from tests.build_scripts.benchmarks.variants.conftest import FakeScale


def test_the_quick_report_keeps_its_keys_and_adds_the_comparison(instruments: Instruments, scale: FakeScale) -> None:
    report = benchmark_reference(quick=True, instruments=instruments)
    times = json.loads(json.dumps(report))["latency_ms"]

    def ratio(above: str, below: str) -> object:
        return pytest.approx(times[above]["p50_ms"] / times[below]["p50_ms"])

    assert report["int8_speedup_over_onnx_fp32"] == ratio("onnx_fp32", "onnx_int8")
    assert report["onnx_fp32_speedup_over_pytorch"] == ratio("pytorch", "onnx_fp32")
    assert report["dynamic_uint8_speedup_over_onnx_fp32"] == ratio("onnx_fp32", "onnx_dynamic_uint8")
    assert report["dynamic_int8_speedup_over_onnx_fp32"] == ratio("onnx_fp32", "onnx_dynamic_int8")
    assert report["int8_size_ratio"] == pytest.approx(0.253, abs=0.005)
    assert {"size_bytes", "machine", "cpu_flags", "versions", "cells", "variants", "left_out"} <= set(report)
    assert (report["batch"], report["threads"]) == (1, 1)
    assert list(times) == [
        "pytorch",
        "pytorch_dynamic_int8",
        "onnx_fp32",
        "onnx_fp32_optimized",
        *(recipe.row for recipe in REFERENCE.variants),
    ]
    assert report["left_out"] == {"pytorch_compiled": "left out of the quick run: compiling takes longer than it"}
    assert {shape for _, _, shape in scale.weighed} == {(1, 1, 20480)}


def test_the_recipe_names_both_projects_int8() -> None:
    labels = {recipe.row: recipe.label for recipe in REFERENCE.variants}
    assert labels["onnx_int8"] == "int8 (this project's recipe)"
    assert labels["onnx_dynamic_int8"] == "dynamic int8 (the reference project's own)"
    assert QUICK_REFERENCE.variants == REFERENCE.variants

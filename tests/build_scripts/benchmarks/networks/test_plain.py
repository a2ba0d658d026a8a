from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.benchmarks.networks import plain
from build_scripts.benchmarks.networks.plain import PLAIN, quantize_plainly
from tests.support.onnx_graphs import CHANNELS, convolution, graph, node, weights

WINDOWS = np.random.default_rng(0).normal(size=(4, CHANNELS, 48)).astype(np.float32)


@pytest.fixture
def fp32(tmp_path: Path) -> Path:
    nodes = [convolution(output="hidden"), node("Relu", ["hidden"], "answer")]
    onnx.save(graph(nodes, weights({"w": (8, CHANNELS, 3)})), tmp_path / "fp32.onnx")
    return tmp_path / "fp32.onnx"


def operators(path: Path) -> set[str]:
    return {one.op_type for one in onnx.load(path).graph.node}


def test_every_plain_way_is_made_with_the_defaults(fp32: Path, tmp_path: Path) -> None:
    made = quantize_plainly(fp32, WINDOWS, tmp_path)
    assert made.failed == {}
    assert list(made.files) == list(PLAIN)
    assert "ConvInteger" in operators(made.files["plain_dynamic"])
    for way in ("plain_static", "plain_static_prepared"):
        assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= operators(made.files[way])


def test_a_way_that_fails_is_named_with_its_reason(fp32: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("No data is collected.\nSecond line")

    monkeypatch.setitem(PLAIN, "plain_static", ("label", fails, False))
    made = plain.quantize_plainly(fp32, WINDOWS, tmp_path)
    assert made.failed == {"plain_static": "ValueError: No data is collected."}
    assert "plain_static" not in made.files

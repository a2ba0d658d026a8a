from collections.abc import Callable
from pathlib import Path

import onnx

from build_scripts.quantization.rewriting.sequence import rewritten
from tests.build_scripts.quantization.networks import WINDOW
from tests.support.onnx_graphs import operators


def test_the_rewritten_network_has_none_of_the_steps_around_its_convolutions(
    network_file: Callable[[str], Path],
) -> None:
    given = onnx.load(network_file("flatten"))
    assert operators(given)[:7] == ["Unsqueeze", "Conv", "Relu", "Conv", "Relu", "Squeeze", "Reshape"]
    result = operators(rewritten(given, WINDOW))
    assert result[:8] == ["Reshape", "Transpose", "Conv", "Relu", "Conv", "Relu", "Transpose", "Reshape"]

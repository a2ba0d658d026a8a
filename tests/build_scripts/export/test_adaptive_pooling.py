from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import ExportError
from build_scripts.export.adaptive_pooling import averages, samples
from build_scripts.export.export import ExportedModel, export_network
from build_scripts.export.torch_export import ExportOptions, Length
from build_scripts.networks.checkpoint import ModelDescription
from build_scripts.networks.trained import TrainedModel

CLASSES = (("a", "A"), ("b", "B"))


class Pooled(nn.Module):
    """The signal, or an image of it in rows of eight samples, pooled before a linear layer."""

    def __init__(self, pooling: nn.Module, *, image: bool) -> None:
        super().__init__()
        self.pooling, self.head, self._image = pooling, nn.LazyLinear(2), image

    def forward(self, signal: Tensor) -> Tensor:
        values = signal.reshape(len(signal), 1, 8, 8) if self._image else signal
        logits: Tensor = self.head(self.pooling(values).flatten(1))
        return logits


def exported(path: Path, pooling: nn.Module, *, image: bool = False, length: Length | None = None) -> ExportedModel:
    network = Pooled(pooling, image=image).eval()
    network(torch.zeros(1, 1, 64))
    description = ModelDescription("small", "Small", CLASSES, 64, 100.0, "g")
    model = TrainedModel(description, 1, network, ("logits",), Path("small.pt"))
    return export_network(model, path, options=ExportOptions(length=length))


def test_a_step_is_the_mean_of_its_samples() -> None:
    steps = np.array([1, 2, 3, 4, 5], np.float32) @ averages(5, 2)
    # Of five samples each of two steps has three: the middle one belongs to both.
    np.testing.assert_allclose(steps, [2, 4], rtol=1e-6)


def test_a_step_with_fewer_samples_repeats_its_last_one() -> None:
    assert samples(5, 2).tolist() == [[0, 1, 2], [2, 3, 4]]
    assert samples(4, 3).tolist() == [[0, 1], [1, 2], [2, 3]]
    assert samples(8, 5).tolist() == [[0, 1, 1], [1, 2, 3], [3, 4, 4], [4, 5, 6], [6, 7, 7]]


@pytest.mark.parametrize(
    ("pooling", "image", "products", "pools"),
    [
        (nn.AdaptiveAvgPool1d(5), False, 1, 0),
        (nn.AdaptiveAvgPool1d(4), False, 0, 1),
        (nn.AdaptiveAvgPool1d(1), False, 0, 0),
        (nn.AdaptiveAvgPool2d((3, 5)), True, 2, 0),
        (nn.AdaptiveAvgPool2d((3, 8)), True, 1, 0),
    ],
)
def test_a_pooling_is_one_product_for_each_dimension(
    pooling: nn.Module, image: bool, products: int, pools: int, tmp_path: Path
) -> None:
    made = exported(tmp_path / "m.onnx", pooling, image=image, length="fixed")
    operators = [node.op_type for node in onnx.load(made.path).graph.node]
    assert (operators.count("MatMul"), operators.count("AveragePool")) == (products, pools)
    assert not {"Gather", "GatherND", "Where"}.intersection(operators)
    assert made.max_abs_difference < 1e-6


@pytest.mark.parametrize(
    ("pooling", "image", "gathers", "pools"),
    [
        (nn.AdaptiveMaxPool1d(5), False, 1, 0),
        (nn.AdaptiveMaxPool1d(4), False, 0, 1),
        (nn.AdaptiveMaxPool1d(1), False, 0, 0),
        (nn.AdaptiveMaxPool2d((3, 5)), True, 2, 0),
        (nn.AdaptiveMaxPool2d((3, 8)), True, 1, 0),
    ],
)
def test_a_maximum_is_one_choice_of_samples_for_each_dimension(
    pooling: nn.Module, image: bool, gathers: int, pools: int, tmp_path: Path
) -> None:
    made = exported(tmp_path / "m.onnx", pooling, image=image, length="fixed")
    operators = [node.op_type for node in onnx.load(made.path).graph.node]
    assert (operators.count("Gather"), operators.count("MaxPool")) == (gathers, pools)
    assert made.max_abs_difference < 1e-6


@pytest.mark.parametrize("pooling", [nn.AdaptiveAvgPool1d(5), nn.AdaptiveMaxPool1d(5), nn.AdaptiveMaxPool1d(4)])
def test_a_pooling_to_several_steps_is_what_fixes_the_length(pooling: nn.Module, tmp_path: Path) -> None:
    made = exported(tmp_path / "m.onnx", pooling)
    assert made.fixed_length is not None
    assert made.fixed_length.startswith("PyTorch's dynamo exporter")
    assert made.fixed_length.endswith("a pooling to several steps needs a length that is fixed")
    with pytest.raises(ExportError, match=r'a length that is fixed\. length = "fixed" in \[export\]'):
        exported(tmp_path / "m.onnx", pooling, length="free")

import pytest

from build_scripts.quantization.techniques import CANDIDATES

NO_CONVOLUTION = "the network has no convolution"
FEW = "only 2.0% of the network's weights belong to a {}, too few to gain by"
LINEAR, RECURRENT = "linear layer", "linear layer or LSTM"


@pytest.mark.parametrize(
    ("candidate", "weights", "reason"),
    [
        ("static-minmax", {"Conv": 10, "Gemm": 990}, None),
        ("static-minmax", {"Gemm": 990}, NO_CONVOLUTION),
        ("static-rewritten", {"LSTM": 990}, NO_CONVOLUTION),
        ("static-layers", {"Conv": 900, "MatMul": 100}, None),
        ("static-layers", {"Conv": 980, "Gemm": 20}, FEW.format(LINEAR)),
        ("static-layers", {"Conv": 980}, "the network has no linear layer"),
        ("static-all", {"Conv": 980, "Gemm": 20}, None),
        ("static-all", {"GRU": 980, "Gemm": 20}, FEW.format("convolution or linear layer")),
        ("dynamic-uint8", {"LSTM": 100, "Conv": 900}, None),
        ("dynamic-int8", {"Conv": 980, "MatMul": 10, "LSTM": 10}, FEW.format(RECURRENT)),
        ("dynamic-uint8", {"Conv": 980}, "the network has no linear layer or LSTM"),
        ("dynamic-layers", {"Conv": 980}, None),
        ("mixed", {"Conv": 500, "LSTM": 500}, None),
        ("mixed", {"LSTM": 500}, NO_CONVOLUTION),
        ("mixed", {"Conv": 980, "Gemm": 20}, FEW.format(RECURRENT)),
        ("weights-only", {"GRU": 500}, "the network has no convolution or linear layer"),
        ("weights-only", {"Conv": 500}, None),
        ("weights-only", {}, "the network has no convolution or linear layer"),
    ],
)
def test_a_candidate_without_its_layers_is_not_tried(
    candidate: str, weights: dict[str, int], reason: str | None
) -> None:
    assert CANDIDATES[candidate].obstacle(weights) == reason

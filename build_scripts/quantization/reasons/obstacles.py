"""Why a technique cannot apply to a network: it has none of the layers, or too few to gain by."""

from collections.abc import Callable, Mapping, Sequence

# Given which operators are to be quantized, and a network's weights counted by operator: a reason, or None.
Obstacle = Callable[[str | None, Mapping[str, int]], str | None]

MATRIX_PRODUCTS = ("Gemm", "MatMul")
# Linear layers that hold less of a network's weights than this are a head beside the work: quantized they change the
# answers and gain nothing that stands out of the noise.
LEAST_SHARE = 0.05


def nothing_in_the_way(scope: str | None, weights: Mapping[str, int]) -> str | None:
    """Return None: the technique takes every network."""
    return None


def static_obstacle(scope: str | None, weights: Mapping[str, int]) -> str | None:
    """Return why static quantization does not apply; without a scope it takes convolutions alone."""
    if scope == "all":
        return layers_obstacle(scope, weights)
    if scope in {"linear", "layers"}:
        return _too_few(weights, MATRIX_PRODUCTS, "linear layer")
    return None if weights.get("Conv") else "the network has no convolution"


def linear_obstacle(scope: str | None, weights: Mapping[str, int]) -> str | None:
    """Return why dynamic quantization does not apply; without a scope it takes linear layers and LSTMs."""
    if scope == "layers" and weights.get("Conv"):
        return None
    return _too_few(weights, (*MATRIX_PRODUCTS, "LSTM"), "linear layer or LSTM")


def mixed_obstacle(scope: str | None, weights: Mapping[str, int]) -> str | None:
    """Return why static convolutions beside dynamic linear layers do not apply: one of the two is missing."""
    return static_obstacle(None, weights) or linear_obstacle(None, weights)


def layers_obstacle(scope: str | None, weights: Mapping[str, int]) -> str | None:
    """Return why a technique for convolutions and linear layers does not apply: there are neither."""
    return None if weights.get("Conv") else _too_few(weights, MATRIX_PRODUCTS, "convolution or linear layer")


def _too_few(weights: Mapping[str, int], operators: Sequence[str], layer: str) -> str | None:
    share = sum(weights.get(name, 0) for name in operators) / max(1, sum(weights.values()))
    if not share:
        return f"the network has no {layer}"
    if share < LEAST_SHARE:
        return f"only {share:.1%} of the network's weights belong to a {layer}, too few to gain by"
    return None

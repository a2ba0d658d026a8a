from dataclasses import replace

import pytest

from build_scripts.errors import GateFailed
from build_scripts.measuring.gates import Accuracy, Measurements, Quantized, check_gates

INT8 = Quantized(Accuracy(0.996, 0.966), agreement=0.99, size_ratio=0.35, latency_ratio=1.01, integer_share=1.0)
GOOD = Measurements(
    export_max_abs_difference=1e-4,
    fp32=Accuracy(record=1.0, window=0.970),
    int8=INT8,
)


def test_good_measurements_pass_unchanged() -> None:
    assert check_gates(GOOD) is GOOD


def test_float32_alone_is_held_against_pytorch_only() -> None:
    alone = replace(GOOD, int8=None)
    assert check_gates(alone) is alone
    with pytest.raises(GateFailed, match="export max abs difference"):
        check_gates(replace(alone, export_max_abs_difference=1.0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"export_max_abs_difference": 1.1e-4}, r"export max abs difference failed: measured 0\.00011"),
        ({"export_max_abs_difference": float("nan")}, "export max abs difference failed: measured nan"),
        (
            {"int8": replace(INT8, accuracy=Accuracy(record=0.994, window=0.966))},
            r"record accuracy drop .* 0\.006",
        ),
        (
            {"int8": replace(INT8, accuracy=Accuracy(record=1.0, window=0.964))},
            r"window accuracy drop .* 0\.006",
        ),
        ({"int8": replace(INT8, agreement=0.989)}, r"argmax agreement failed: measured 0\.989, limit >= 0\.99"),
        ({"int8": replace(INT8, latency_ratio=0.9)}, r"speed over float32 failed: measured 0\.9, limit >= 1"),
    ],
)
def test_each_gate_names_its_figure_and_limit(change: dict[str, object], message: str) -> None:
    with pytest.raises(GateFailed, match=message):
        check_gates(replace(GOOD, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize("unusual", [replace(INT8, size_ratio=1.2), replace(INT8, integer_share=0.0)])
def test_the_size_of_the_file_and_the_share_of_integers_decide_nothing(unusual: Quantized) -> None:
    measured = replace(GOOD, int8=unusual)
    assert check_gates(measured) is measured

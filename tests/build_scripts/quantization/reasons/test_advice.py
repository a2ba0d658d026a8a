from dataclasses import replace

from build_scripts.errors import NoVariantPassed
from build_scripts.measuring.latency import Latency
from build_scripts.quantization.reasons.advice import NOT_FASTER, NOTHING_TO_GAIN, next_step
from build_scripts.quantization.search import Figures, Tried

FLOAT32 = Figures(0.95, 1.0, 1.0, 1.0, Latency(1.0, 1.1, 1.2, 0.9, 200), 0.0)
BASE = Tried("fp32", FLOAT32)


def tried(name: str, speedup: float, agreement: float) -> Tried:
    return Tried(name, replace(FLOAT32, speedup=speedup, agreement=agreement), "refused")


def test_a_network_of_other_layers_is_best_as_float32() -> None:
    assert next_step([BASE, Tried("dynamic-int8", None, "not tried: the network has no LSTM")], 256) == NOTHING_TO_GAIN


def test_where_nothing_is_faster_float32_is_best() -> None:
    assert next_step([BASE, tried("static-minmax", 0.9, 1.0)], 256) == NOT_FASTER


def test_a_fast_variant_with_other_answers_may_be_helped() -> None:
    slow, far, near = (
        tried("weights-only", 0.8, 1.0),
        tried("static-all", 2.0, 0.6),
        tried("static-minmax", 1.9, 0.98),
    )
    assert next_step([BASE, slow, far, near], 256) == (
        "static-minmax comes closest, 1.90 times as fast with an agreement of 0.9800: try more calibration windows "
        "than 256 ([quantization] windows), or training with the rounding in it (the step qat)."
    )


def test_windows_do_not_help_what_has_none() -> None:
    assert next_step([BASE, tried("dynamic-int8", 1.5, 0.98)], 256) == (
        "dynamic-int8 comes closest, 1.50 times as fast with an agreement of 0.9800: try training with the rounding in "
        "it (the step qat)."
    )


def test_the_error_has_the_reasons_the_next_step_and_the_way_out() -> None:
    assert str(NoVariantPassed("a: agreement 0.9 below 0.99", NOT_FASTER)) == (
        "No quantized variant passes its gates: a: agreement 0.9 below 0.99. No variant is faster than float32 on this "
        "machine: float32 is the honest answer. --allow-float32 packages float32 alone."
    )

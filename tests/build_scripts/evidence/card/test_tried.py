from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from build_scripts.evidence.card.plots import draw_all
from build_scripts.evidence.card.tried import tried_sections
from build_scripts.evidence.half_precision import HalfPrecision
from build_scripts.evidence.proof.proof import Proof
from build_scripts.measuring.gates import Accuracy
from build_scripts.quantization.exclusion import Sensitivity
from build_scripts.quantization.search import Figures, Tried
from functions.core.models.manifest import Manifest
from tests.build_scripts.packaging.test_package import LATENCY, PROOF
from tests.support.packages import make_manifest

TRIED = [
    Tried("fp32", Figures(0.95, 1.0, 1.0, 1.0, LATENCY, 0.0)),
    Tried("static", Figures(0.6, 0.62, 0.3, 2.0, LATENCY, 1.0), "agreement 0.6200 below 0.99"),
    Tried("static-partial", Figures(0.95, 0.995, 0.6, 1.5, LATENCY, 0.4)),
    Tried("other", None, "the network | has\nno convolution"),
]
ERRORS = {"first": None, "second": 0.5, "third": 0.01}
SENSITIVITY = Sensitivity("static", ERRORS, ("first", "second"))
HALF = HalfPrecision(None, Accuracy(0.98, 0.95), 1.0, 0.002, 0.5, None)


def manifest(kept: str) -> Manifest:
    made = make_manifest("tiny", "1", bytes(9000))
    accuracy = {"int8": {"record": 0.95, "window": 0.9}}
    evidence = msgspec.structs.replace(made.evidence, accuracy=accuracy, notes={"variant": kept})
    return msgspec.structs.replace(made, evidence=evidence)


def text(proof: Proof, kept: str = "static-partial") -> str:
    return "\n\n".join(filter(None, tried_sections(manifest(kept), proof, {})))


def test_every_variant_has_a_row_and_what_was_not_made_a_reason() -> None:
    card = text(replace(PROOF, tried=TRIED))
    assert "| variant | windows right | agreement | speed | size | integers |  |\n| --- |" in card
    assert "| static | 60.00% | 62.00% | 2.00 | 0.300 | 100% | agreement 0.6200 below 0.99 |" in card
    assert "| static-partial | 95.00% | 99.50% | 1.50 | 0.600 | 40% | kept |" in card
    assert "Without figures:\n\n- `other`: the network | has no convolution." in card


def test_unusual_figures_of_the_kept_variant_have_a_sentence() -> None:
    card = text(replace(PROOF, tried=TRIED))
    assert "The kept file is 0.60 of the float32 one, for part of the weights stays float32" in card
    assert "Of the layers of the kept variant 40% run in integers, the others in float32." in card
    usual = [TRIED[0], Tried("good", Figures(0.95, 1.0, 0.3, 2.0, LATENCY, 0.8))]
    assert "The kept" not in text(replace(PROOF, tried=usual), "good")


def test_figures_of_older_packages_lack_the_share_of_integers() -> None:
    card = text(PROOF, "static-minmax")
    assert "| variant | windows right | agreement | speed | size |  |" in card
    assert "integers" not in card


def test_layers_left_in_float32_are_named() -> None:
    card = text(replace(PROOF, tried=TRIED, sensitivity=[SENSITIVITY]))
    assert "- `static`, 3 layers: `static-partial` leaves `first`, `second` in float32, and is kept." in card
    none = text(replace(PROOF, tried=TRIED, sensitivity=[replace(SENSITIVITY, excluded=())]))
    assert "- `static`, 3 layers: no number of them is enough." in none
    assert "Layers left in float32" not in text(replace(PROOF, tried=TRIED))


@pytest.mark.parametrize(
    ("half", "sentence"),
    [
        (HALF, "its speed was not measured, because the building machine has no GPU."),
        (replace(HALF, speedup=1.5), "it is 1.50 times as fast as float32 on the building machine's GPU"),
        (HalfPrecision(refused="it overflows"), "has no float16 variant, and GPUs serve float32: it overflows."),
    ],
)
def test_float16_has_its_figures_or_a_reason(half: HalfPrecision, sentence: str) -> None:
    assert sentence in text(replace(PROOF, half=half))


def test_plots_are_drawn_of_what_was_measured(tmp_path: Path) -> None:
    confusion = [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
    both = [SENSITIVITY, replace(SENSITIVITY, excluded=())]
    proof, one = replace(PROOF, confusion=confusion, tried=TRIED, sensitivity=both), manifest("static-partial")
    drawn = draw_all(one, proof, tmp_path)
    assert set(drawn) == {"confusion", "robustness", "reliability", "variants", "pareto", "layers"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn.values())
    assert "layers" not in draw_all(one, replace(proof, sensitivity=[]), tmp_path)

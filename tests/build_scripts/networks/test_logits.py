from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from build_scripts.errors import RecipeError
from build_scripts.networks.logits import LogitsNetwork, check_logits, choose

LOGITS, SPEED = torch.tensor([[1.0, -2.0], [0.5, 3.0]]), torch.zeros(2, 1)
Pair = namedtuple("Pair", ["logits", "speed"])


@dataclass
class Output:
    logits: Tensor
    speed: Tensor
    loss: float = 0.0


@pytest.mark.parametrize(
    ("given", "output"),
    [
        (LOGITS, None),
        ((LOGITS, SPEED), 0),
        ([SPEED, LOGITS], 1),
        ((SPEED, LOGITS), -1),
        ({"logits": LOGITS, "speed": SPEED}, "logits"),
        ({"logits": LOGITS, "speed": SPEED}, 0),
        (Pair(LOGITS, SPEED), "logits"),
        (Output(LOGITS, SPEED), "logits"),
        (SimpleNamespace(logits=LOGITS, loss=None), "logits"),
        ((LOGITS, (SPEED, SPEED)), -1),
        ({"heads": {"fault": LOGITS}, "features": SPEED}, "heads.fault"),
        ((SPEED, (SPEED, LOGITS)), "1.1"),
    ],
)
def test_an_output_is_chosen_by_name_or_index(given: Any, output: str | int | None) -> None:
    assert choose(given, output, 2) is LOGITS


@pytest.mark.parametrize(
    ("given", "output", "sentence"),
    [
        (
            (LOGITS, SPEED),
            None,
            r"gives a tuple: 0 float32 \[2, 2\], 1 float32 \[2, 1\]\. Choose .*, as in output = 0\.",
        ),
        ({"speed": SPEED, "logits": LOGITS}, None, r"as in output = \"logits\"\."),
        ({"logits": LOGITS}, None, r"gives a dict: 'logits' float32 \[2, 2\]\. .* output = \"logits\"\."),
        ((LOGITS, SPEED), 2, r"tuple has no output 2; it has 0 float32 \[2, 2\], 1 float32"),
        (Output(LOGITS, SPEED), "loss", "Output has no output 'loss'; it has 'logits'"),
        (LOGITS, 0, r"gives one tensor, not several: leave output = 0 out of \[network\]"),
        ({"heads": {"fault": LOGITS}}, "fault", r"has no output 'fault'; it has 'heads\.fault' float32 \[2, 2\]"),
        (None, None, "gives a NoneType without tensors"),
        (3.0, "logits", "gives a float without tensors"),
    ],
)
def test_what_there_is_is_listed(given: Any, output: str | int | None, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        choose(given, output, 2)


def test_logarithms_of_probabilities_are_logits() -> None:
    network = LogitsNetwork(nn.Softmax(1), None, 2, probabilities=True)
    torch.testing.assert_close(torch.softmax(network(LOGITS), 1), torch.softmax(LOGITS, 1))
    assert torch.isfinite(network(torch.tensor([[0.0, -200.0]]))).all()


@pytest.mark.parametrize(
    ("given", "gives", "sentence"),
    [
        (torch.zeros(2, 3), None, r"For 2 windows the network gives float32 \[2, 3\]; 2 classes need float32 \[2, 2\]"),
        (torch.zeros(2, 2, dtype=torch.int64), None, r"gives int64 \[2, 2\]"),
        (torch.tensor([[1.0, float("nan")], [0, 1]]), None, "gives NaN or infinity for 1 of 2 windows"),
        (
            torch.softmax(LOGITS, 1),
            None,
            r'gives probabilities .* leave its softmax out, or write gives = "probabilities"',
        ),
        (
            torch.sigmoid(LOGITS),
            None,
            r"gives values from 0\.1192 to 0\.9526, and its rows do not sum to 1, as after a sigmoid for each",
        ),
        (LOGITS, "probabilities", r"rows of the network sum to -1 to 3\.5; write gives = \"logits\""),
    ],
)
def test_what_is_no_logits_is_refused(given: Tensor, gives: Any, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        check_logits(given, 2, 2, gives)


def test_what_the_recipe_says_of_them_counts() -> None:
    check_logits(torch.softmax(LOGITS, 1), 2, 2, "logits")
    check_logits(torch.softmax(LOGITS, 1), 2, 2, "probabilities")
    check_logits(torch.sigmoid(LOGITS), 2, 2, "logits")
    check_logits(LOGITS, 2, 2, None)
    check_logits(torch.full((2, 2), 0.25), 2, 2, None)

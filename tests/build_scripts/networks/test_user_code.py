import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from build_scripts.errors import ExportError, GateFailed, RecipeError
from build_scripts.networks.user_code import LONGEST_MESSAGE, paragraph, user_code


def run(source: str, file: Path) -> None:
    file.write_text(source)
    with user_code("The network fails"):
        exec(compile(source, str(file), "exec"), {"torch": torch, "nn": nn})


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("x = 1\nraise KeyError('gone')\n", "The network fails: 'gone' (KeyError, net.py, line 2)."),
        ("assert False\n", "The network fails: AssertionError at net.py, line 1."),
        ("nn.Linear(3, 2)(torch.zeros(1, 4))\n", "The network fails: mat1 and mat2 shapes cannot be multiplied"),
        ("import sys\nsys.exit(3)\n", "The network fails: it ends the program with status 3 at net.py, line 2."),
        ("class Odd(Exception): ...\n\nraise Odd\n", "The network fails: Odd at net.py, line 3."),
        (
            "def f(): f()\nf()\n",
            "The network fails: maximum recursion depth exceeded (RecursionError, net.py, line 1).",
        ),
        (
            "raise ValueError('first line.\\n\\nmuch more')\n",
            "The network fails: first line (ValueError, net.py, line 1).",
        ),
    ],
)
def test_whatever_a_user_s_code_raises_is_one_sentence(source: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as raised:
        run(source, tmp_path / "net.py")
    text = str(raised.value)
    assert text.startswith(sentence)
    assert text.endswith(".")
    assert "net.py, line" in text


def test_what_torchscript_raises_is_without_its_traces() -> None:
    script = torch.jit.CompilationUnit("def f(x: Tensor) -> Tensor:\n    return x.reshape([1, 3])\n")
    with (
        pytest.raises(
            RecipeError, match=r"^The network fails: shape '\[1, 3\]' is invalid for input of size 4 \(Runtime"
        ),
        user_code("The network fails"),
    ):
        script.f(torch.zeros(4))


def test_a_syntax_error_is_named_with_its_own_line(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"The network fails: .*\(SyntaxError, net\.py, line 2\)\."):
        run("x = 1\nclass\n", tmp_path / "net.py")


def test_an_interrupt_and_this_project_s_own_errors_pass() -> None:
    with pytest.raises(KeyboardInterrupt), user_code("The network fails"):
        raise KeyboardInterrupt
    with pytest.raises(GateFailed), user_code("The network fails"):
        raise GateFailed("size", 2.0, "<= 1")


def test_the_error_s_class_can_be_chosen() -> None:
    with (
        pytest.raises(ExportError, match=r"^No export: nothing \(ValueError, test_user_code\.py, line \d+\)\.$"),
        user_code("No export", ExportError),
    ):
        raise ValueError("nothing")


def test_a_long_message_ends_at_a_word() -> None:
    text = paragraph("word " * 200)
    assert len(text) <= LONGEST_MESSAGE + 4
    assert text.endswith("word ...")


def test_what_a_library_adds_below_its_message_is_left_out() -> None:
    assert paragraph("shapes differ,\nsee here.\nWhile executing %lstm : [num_users=3]") == "shapes differ, see here"


def test_warnings_of_the_code_are_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    with user_code("The network does not run"):
        warnings.warn("enable_nested_tensor is True", UserWarning, stacklevel=1)
    assert recwarn.list == []

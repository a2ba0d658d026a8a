import logging
import sys
from pathlib import Path

import onnx
import pytest

from build_scripts.errors import GateFailed, QuantizationError
from build_scripts.quantization.library import described, quantizer_at_work

SOURCE = Path("work/model.onnx")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("Histogram has not been collected."), "ValueError, Histogram has not been collected."),
        (KeyError("tensor"), "KeyError, 'tensor'."),
        (AssertionError(), "AssertionError."),
        (onnx.checker.ValidationError("no opset.\nat node 3"), "ValidationError, no opset."),
    ],
)
def test_what_the_quantizer_raises_becomes_an_error_of_the_build(error: Exception, sentence: str) -> None:
    with pytest.raises(QuantizationError) as raised, quantizer_at_work(SOURCE):
        raise error
    assert str(raised.value) == f"onnxruntime cannot quantize model.onnx: {sentence}"
    assert raised.value.__cause__ is error


def test_an_error_of_the_build_passes_as_it_is() -> None:
    with pytest.raises(GateFailed, match="Gate speed failed"), quantizer_at_work(SOURCE):
        raise GateFailed("speed", 0.9, ">= 1")


def test_a_long_sentence_of_the_library_is_cut() -> None:
    assert described(ValueError("x" * 900)) == f"ValueError, {'x' * 200}"


def test_what_the_quantizer_prints_and_logs_is_silenced(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    # A command of the build, run before, leaves errors alone to be logged.
    caplog.set_level(logging.WARNING)
    with quantizer_at_work(SOURCE):
        sys.stdout.write("Collecting tensor data and making histogram ...\n")
        logging.warning("Please consider to run pre-processing before quantization.")
    logging.warning("Afterwards all is as before.")
    assert capsys.readouterr().out == ""
    assert caplog.messages == ["Afterwards all is as before."]

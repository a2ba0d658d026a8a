"""The choice of an execution provider, for the lists and libraries of different machines."""

import pytest

from functions.container.errors import ProviderUnavailableError
from functions.container.providers import can_load, choose_provider
from functions.container.settings import AskedProvider

ALL = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")
DRIVER, TENSORRT = "libcuda.so.1", "libnvinfer.so.10"


@pytest.mark.parametrize(
    ("asked", "available", "libraries", "chosen"),
    [
        ("auto", ALL, {DRIVER, TENSORRT}, "tensorrt"),
        ("auto", ALL, {DRIVER}, "cuda"),
        ("auto", ALL, {TENSORRT}, "cpu"),
        ("auto", ALL[1:], {DRIVER, TENSORRT}, "cuda"),
        ("auto", ALL[2:], {DRIVER, TENSORRT}, "cpu"),
        ("tensorrt", ALL, {DRIVER, TENSORRT}, "tensorrt"),
        ("cuda", ALL, {DRIVER, TENSORRT}, "cuda"),
        ("cpu", ALL, {DRIVER, TENSORRT}, "cpu"),
    ],
)
def test_the_best_that_is_here_is_chosen(
    asked: AskedProvider, available: tuple[str, ...], libraries: set[str], chosen: str
) -> None:
    assert choose_provider(asked, available, libraries.__contains__).name == chosen


@pytest.mark.parametrize(
    ("asked", "available", "libraries", "reason"),
    [
        ("tensorrt", ALL, {DRIVER}, "libnvinfer.so.10 cannot be loaded"),
        ("tensorrt", ALL[1:], {DRIVER, TENSORRT}, "this onnxruntime has no TensorrtExecutionProvider"),
        ("cuda", ALL, set(), "libcuda.so.1 cannot be loaded"),
        ("cuda", ALL[2:], {DRIVER}, "this onnxruntime has no CUDAExecutionProvider"),
    ],
)
def test_one_that_is_asked_for_and_missing_is_an_error(
    asked: AskedProvider, available: tuple[str, ...], libraries: set[str], reason: str
) -> None:
    with pytest.raises(ProviderUnavailableError) as refused:
        choose_provider(asked, available, libraries.__contains__)
    assert refused.value.message == f"The execution provider {asked!r} cannot be had here: {reason}."
    assert (refused.value.status, refused.value.code) == (503, "provider_unavailable")


def test_libraries_are_really_looked_for() -> None:
    assert can_load("libc.so.6")
    assert not can_load("libnothing.so.7")

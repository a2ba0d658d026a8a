import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from build_scripts.benchmarks.variants.arms import CompileUnavailableError, compiled_call, pytorch_call, torch_threads
from build_scripts.benchmarks.variants.recipe import noise_windows
from tests.build_scripts.benchmarks.variants.conftest import CHANNELS, WINDOW


def test_a_call_runs_the_network_without_gradients(tiny: nn.Module) -> None:
    windows = noise_windows(3, CHANNELS, WINDOW)
    logits = pytorch_call(tiny, windows)()
    assert isinstance(logits, Tensor)
    assert logits.shape == (3, 3)
    assert not logits.requires_grad


def test_threads_are_set_back() -> None:
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_compilation_is_done_before_the_first_timed_call(tiny: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []

    def compile_slowly(network: nn.Module, *, dynamic: bool) -> object:
        assert not dynamic
        return lambda signal: ran.append(signal.shape) or network(signal)  # type: ignore[func-returns-value]

    monkeypatch.setattr(torch, "compile", compile_slowly)
    call = compiled_call(tiny, noise_windows(2, CHANNELS, WINDOW))
    assert ran == [(2, CHANNELS, WINDOW)]
    call()
    assert len(ran) == 2


def test_a_machine_without_compiler_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        # Importing it calls deprecated functions of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        from torch._inductor import config

    network = nn.Sequential(nn.ReLU(), nn.Flatten()).eval()
    monkeypatch.setattr(config.cpp, "cxx", ("no-such-compiler",))
    monkeypatch.setattr(config, "force_disable_caches", True)
    with pytest.raises(CompileUnavailableError, match=r"^torch\.compile failed: "):
        compiled_call(network, np.zeros((2, 1, 4), np.float32))

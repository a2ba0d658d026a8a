"""Execution providers: which of onnxruntime's can be had here, and which one is meant."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from functions.container.errors import ProviderUnavailableError
from functions.container.settings import AskedProvider
from functions.core.models.models import Device


@dataclass(frozen=True)
class Provider:
    """One execution provider: what onnxruntime calls it, and the libraries without which it cannot run."""

    name: AskedProvider
    onnxruntime: str
    device: Device
    libraries: tuple[str, ...] = ()


# The order in which they are tried. The libraries are those that onnxruntime-gpu 1.31's provider libraries name.
PROVIDERS = (
    Provider("tensorrt", "TensorrtExecutionProvider", "cuda", ("libcuda.so.1", "libnvinfer.so.10")),
    Provider("cuda", "CUDAExecutionProvider", "cuda", ("libcuda.so.1",)),
    Provider("cpu", "CPUExecutionProvider", "cpu"),
)


def can_load(library: str) -> bool:
    """Tell whether a shared library can be loaded; libcuda is there where NVIDIA's driver is."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def choose_provider(
    asked: AskedProvider, available: Sequence[str], loads: Callable[[str], bool] = can_load
) -> Provider:
    """Return the provider that is asked for, or for `auto` the first that can be had.

    Args:
        asked: a name, or `auto`.
        available: what this onnxruntime was built with, in its words.
        loads: tells whether a library can be loaded.

    Raises:
        ProviderUnavailableError: it is asked for and cannot be had; there is no falling back then.
    """
    missing = {one.name: _missing(one, available, loads) for one in PROVIDERS}
    for one in PROVIDERS:
        if asked in {"auto", one.name} and not missing[one.name]:
            return one
    raise ProviderUnavailableError(
        f"The execution provider {asked!r} cannot be had here: {missing.get(asked) or 'nothing can'}."
    )


def _missing(provider: Provider, available: Sequence[str], loads: Callable[[str], bool]) -> str:
    if provider.onnxruntime not in available:
        return f"this onnxruntime has no {provider.onnxruntime}"
    return next((f"{library} cannot be loaded" for library in provider.libraries if not loads(library)), "")

"""Execution providers of onnxruntime: which are available here, and the choice of one."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from functions.container.errors import ProviderUnavailableError
from functions.container.settings import AskedProvider
from functions.core.models.models import Device


@dataclass(frozen=True)
class Provider:
    """One execution provider: its name in onnxruntime, its device, and the libraries that it needs."""

    name: AskedProvider
    onnxruntime: str
    device: Device
    libraries: tuple[str, ...] = ()


# In the order in which they are tried. Source of the libraries: those that onnxruntime-gpu 1.31's providers link.
PROVIDERS = (
    Provider("tensorrt", "TensorrtExecutionProvider", "cuda", ("libcuda.so.1", "libnvinfer.so.10")),
    Provider("cuda", "CUDAExecutionProvider", "cuda", ("libcuda.so.1",)),
    Provider("cpu", "CPUExecutionProvider", "cpu"),
)


def can_load(library: str) -> bool:
    """Whether a shared library can be loaded; libcuda is part of NVIDIA's driver."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def choose_provider(
    asked: AskedProvider, available: Sequence[str], loads: Callable[[str], bool] = can_load
) -> Provider:
    """Return the provider that is asked for, or for `auto` the first that is available.

    Args:
        asked: a name, or `auto`.
        available: onnxruntime's names of the providers that it was built with.
        loads: returns whether a library can be loaded.

    Raises:
        ProviderUnavailableError: the one asked for is not available; no other takes its place.
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

"""The processors that functions run on, by the names that wheels and libraries give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Architecture:
    """A processor: its name on Lambda and in manifests, in wheels, and in the header of a library."""

    name: Literal["x86_64", "arm64"]
    machine: str
    elf_machine: str


ARCHITECTURES: Mapping[str, Architecture] = {
    "x86_64": Architecture("x86_64", "x86_64", "EM_X86_64"),
    "arm64": Architecture("arm64", "aarch64", "EM_AARCH64"),
}

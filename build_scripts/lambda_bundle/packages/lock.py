"""The locked requirements of one target, as `layers/runtime/requirements.txt` lists them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from build_scripts.lambda_bundle.architecture import Architecture
from build_scripts.lambda_bundle.errors import BundleError


@dataclass(frozen=True)
class Pin:
    """One distribution: its version, and the SHA-256 of every file of it that may be used."""

    name: NormalizedName
    version: str
    hashes: frozenset[str]

    def as_requirement(self) -> str:
        """Return the pin as a line of a requirement file, without a marker."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{one}" for one in sorted(self.hashes))])


def read_pins(lock: Path, architecture: Architecture, python: str) -> Sequence[Pin]:
    """Return the pins of a lock file that apply to a Linux target.

    pip alone would ask the Python it runs on whether a marker holds.

    Args:
        lock: requirement file with hashes.
        architecture: the target's processor.
        python: the target's full version.

    Raises:
        BundleError: an entry has no hash, or not one exact version.
    """
    environment = _environment(architecture, python)
    pins = [_pin(entry) for entry in _entries(lock.read_text()) if _holds(entry, environment)]
    return sorted(pins, key=lambda pin: pin.name)


def _entries(text: str) -> list[str]:
    lines = "\n".join(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return re.split(r"\n(?=\S)", lines.replace("\\\n", "\n"))


def _requirement(entry: str) -> Requirement:
    return Requirement(entry.partition("--hash")[0].strip())


def _holds(entry: str, environment: dict[str, str]) -> bool:
    marker = _requirement(entry).marker
    return marker is None or marker.evaluate(environment)


def _pin(entry: str) -> Pin:
    requirement, hashes = _requirement(entry), frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
    versions = [specifier.version for specifier in requirement.specifier if specifier.operator == "=="]
    if len(versions) != 1 or not hashes:
        raise BundleError(f"{requirement.name} is not locked to one version with hashes: make lock.")
    return Pin(canonicalize_name(requirement.name), versions[0], hashes)


def _environment(architecture: Architecture, python: str) -> dict[str, str]:
    return {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": architecture.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "linux",
        "extra": "",
    }

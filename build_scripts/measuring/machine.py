"""The machine that a figure was measured on: processor, vector instructions, library versions."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
LIBRARIES = ("torch", "onnx", "onnxruntime", "numpy")
VECTOR_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm")


def machine() -> str:
    """Return the processor's name, its architecture and its cores; of a process that is held to some, how many."""
    name = _cpu_info("model name") or platform.processor() or "unknown processor"
    cores = os.cpu_count()
    # Not on macOS.
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return f"{name}, {platform.machine()}, {cores if allowed == cores else f'{allowed} of {cores}'} cores"


def cpu_flags() -> list[str]:
    """Return those of the processor's instruction sets that decide the speed of integer inference."""
    flags = set((_cpu_info("flags") or _cpu_info("Features") or "").split())
    return [flag for flag in VECTOR_FLAGS if flag in flags]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that make and run models."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def measured_on() -> dict[str, object]:
    """Return the machine, its instruction sets and the versions, as every report of figures states them."""
    return {"machine": machine(), "cpu_flags": cpu_flags(), "versions": versions()}


def _cpu_info(field: str) -> str | None:
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field)), None)

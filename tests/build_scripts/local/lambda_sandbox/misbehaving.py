"""Handlers that do what a function must not; the tests put this file into /var/task."""

import os
import socket
import time
from pathlib import Path
from typing import Any


def too_slow(event: Any, context: Any) -> Any:
    """Sleep beyond any time-out."""
    time.sleep(60)


def too_large_answer(event: Any, context: Any) -> Any:
    """Answer more than 6 MB."""
    return "x" * 7_000_000


def too_much_memory(event: Any, context: Any) -> Any:
    """Touch 1 GB."""
    return len(bytearray(os.urandom(1)) * 1_000_000_000)


def place(event: Any, context: Any) -> Any:
    """Tell what the place allows."""
    return {
        "uid": os.getuid(),
        "writable": [folder for folder in ("/", "/var/task", "/opt", "/usr/lib", "/tmp", "/dev") if _writable(folder)],
        "network": _network(),
        "processors": os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
        "remaining_ms": context.get_remaining_time_in_millis(),
    }


def _writable(folder: str) -> bool:
    try:
        (Path(folder) / "probe").write_text("x")
    except OSError:
        return False
    return True


def _network() -> str:
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "open"

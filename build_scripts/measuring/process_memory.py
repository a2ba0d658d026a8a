"""Memory of a process; Linux."""

import re
from pathlib import Path

_MB = 1e6


def memory_mb(pid: int | str = "self") -> tuple[float, float]:
    """Return the resident memory of a process, now and at its peak (MB)."""
    text = Path(f"/proc/{pid}/status").read_text()
    now, peak = (re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE) for name in ("VmRSS", "VmHWM"))
    return (int(now[1]) * 1024 / _MB if now else 0.0), (int(peak[1]) * 1024 / _MB if peak else 0.0)

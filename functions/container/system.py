"""Use of the machine's processors and memory, read from the kernel; unknown elsewhere than on Linux.

Source: proc(5), /proc/stat and /proc/meminfo.
"""

from pathlib import Path

PROC = Path("/proc")


class CpuShare:
    """The share of the processors' busy time since the last reading, in percent."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._last = _cpu_ticks(proc)

    def percent(self) -> float | None:
        """Return the share of time in which the processors were not idle; None where it cannot be read."""
        last, self._last = self._last, _cpu_ticks(self._proc)
        if last is None or self._last is None:
            return None
        total = self._last[0] - last[0]
        return 100 * (self._last[1] - last[1]) / total if total else 0.0


def memory_percent(proc: Path = PROC) -> float | None:
    """Return the share of the machine's memory that is not available; None where it cannot be read."""
    try:
        lines = (proc / "meminfo").read_text().splitlines()
    except OSError:
        return None
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return 100 * (1 - kib["MemAvailable"] / kib["MemTotal"])


def _cpu_ticks(proc: Path) -> tuple[int, int] | None:
    """Return the ticks of all processors together: the total, and the busy ones."""
    try:
        first = (proc / "stat").read_text().splitlines()[0]
    except OSError:
        return None
    # user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user already.
    ticks = [int(value) for value in first.split()[1:9]]
    return sum(ticks), sum(ticks) - ticks[3] - ticks[4]

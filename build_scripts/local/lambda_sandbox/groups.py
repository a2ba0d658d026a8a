"""Control groups of memory and processor time, of version 1 (a hierarchy for each) and 2 (one for both)."""

import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "cpu")
PERIOD_US = 100_000
LEAST_QUOTA_US = 1000


class ControlGroups:
    """The groups of one sandbox, below the hierarchies that this machine has."""

    def __init__(self, name: str, root: Path = ROOT) -> None:
        self.unified = (root / "cgroup.controllers").exists()
        self.folders = [root / name] if self.unified else [root / controller / name for controller in CONTROLLERS]

    def missing(self) -> str | None:
        """Return the groups that this machine lacks, as part of a sentence; None if it has all."""
        if self.unified:
            parent = self.folders[0].parent
            there = (parent / "cgroup.controllers").read_text().split()
            writable = os.access(parent / "cgroup.subtree_control", os.W_OK)
            return None if writable and set(CONTROLLERS) <= set(there) else "control groups that can be written"
        for folder in self.folders:
            if not os.access(folder.parent / "tasks", os.W_OK):
                return f"a control group {folder.parent.name} that can be written"
        return None

    def make(self, memory_mb: int, cpu_share: float) -> None:
        """Make the groups, with so much memory and so many processors."""
        quota_us = max(LEAST_QUOTA_US, int(cpu_share * PERIOD_US))
        if self.unified:
            (self.folders[0].parent / "cgroup.subtree_control").write_text("+memory +cpu")
        for folder in self.folders:
            folder.mkdir()
        limits = (
            {"memory.max": memory_mb * 2**20, "cpu.max": f"{quota_us} {PERIOD_US}"}
            if self.unified
            else {
                "memory.limit_in_bytes": memory_mb * 2**20,
                "cpu.cfs_period_us": PERIOD_US,
                "cpu.cfs_quota_us": quota_us,
            }
        )
        for name, value in limits.items():
            (self.folders[-1 if name.startswith("cpu") else 0] / name).write_text(str(value))

    def enter(self) -> None:
        """Move this process into the groups."""
        for folder in self.folders:
            (folder / ("cgroup.procs" if self.unified else "tasks")).write_text(str(os.getpid()))

    def peak_mb(self) -> float:
        """Return the most memory that was in use so far, in MB."""
        name = "memory.peak" if self.unified else "memory.max_usage_in_bytes"
        return int((self.folders[0] / name).read_text()) / 2**20

    def remove(self, patience_s: float = 5.0) -> None:
        """Remove the groups, once the processes that were killed have left them."""
        deadline = time.monotonic() + patience_s
        for folder in self.folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)

"""EC2 instance types with one NVIDIA GPU, and the share of one that a task gets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Kept for the system and for the agents of ECS and CloudWatch.
_SYSTEM_VCPUS = 0.5
_SYSTEM_SHARE = 0.25
_CPU_UNITS_A_VCPU = 1024


@dataclass(frozen=True)
class GpuInstance:
    """One instance type with one GPU; memory in MiB."""

    vcpus: int
    memory_mb: int

    @property
    def task_cpu_units(self) -> int:
        """The CPU units of one task, 1,024 of them for a virtual processor."""
        return int((self.vcpus - _SYSTEM_VCPUS) * _CPU_UNITS_A_VCPU)

    @property
    def task_memory_mb(self) -> int:
        """The memory (MiB) above which a task is ended."""
        return int(self.memory_mb * (1 - _SYSTEM_SHARE))


# One GPU each: a task has the whole of it, and tasks are instances. CUDA 13 needs Turing or newer, which all are.
# Source: docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
INSTANCES: Mapping[str, GpuInstance] = {
    "g4dn.xlarge": GpuInstance(4, 16_384),
    "g4dn.2xlarge": GpuInstance(8, 32_768),
    "g5.xlarge": GpuInstance(4, 16_384),
    "g5.2xlarge": GpuInstance(8, 32_768),
    "g6.xlarge": GpuInstance(4, 16_384),
    "g6.2xlarge": GpuInstance(8, 32_768),
    "g6e.xlarge": GpuInstance(4, 32_768),
}

# A deployment starts the new tasks before it ends the old ones: so many times as many run meanwhile.
TASKS_WHILE_DEPLOYING = 2

# Tasks can reach no other registry than Amazon ECR; a digest identifies the bytes that run, a tag does not.
IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[a-z0-9]+([._/-][a-z0-9]+)*)@(?P<digest>sha256:[0-9a-f]{64})"
)

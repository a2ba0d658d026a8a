"""Instances with a GPU leave room for the system beside a task."""

import pytest

from cdk.gpu_instances import INSTANCES


@pytest.mark.parametrize("name", INSTANCES)
def test_a_task_leaves_room_for_the_system(name: str) -> None:
    instance = INSTANCES[name]
    assert 0 < instance.task_cpu_units < 1024 * instance.vcpus
    assert 0 < instance.task_memory_mb <= 0.75 * instance.memory_mb

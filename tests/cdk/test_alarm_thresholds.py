"""Thresholds that make no working alarm are refused, with what to change."""

from typing import Any

import pytest

from cdk.alarm_thresholds import AlarmThresholds


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"silence_min": 0}, "silence_min is 0; write a multiple of 5"),
        ({"silence_min": 12}, "silence_min is 12; write a multiple of 5"),
        ({"availability_slo": 99.5}, "availability_slo is 99.5; write a share below 1"),
        ({"availability_slo": 1}, "availability_slo is 1; write a share below 1"),
        ({"memory_share": 0.95}, "memory_share is not below memory_critical_share"),
        ({"min_requests": 0}, "min_requests and min_diagnoses are at least 1"),
        ({"min_diagnoses": 0}, "min_requests and min_diagnoses are at least 1"),
    ],
)
def test_it_is_refused(broken: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        AlarmThresholds(**broken)


def test_the_defaults_are_those_of_the_objectives() -> None:
    defaults = AlarmThresholds()
    assert (defaults.error_share, defaults.latency_p95_ms, defaults.inference_p95_ms) == (0.05, 2000, 1000)
    assert (defaults.memory_share, defaults.memory_critical_share, defaults.silence_min) == (0.9, 0.95, None)
    assert (defaults.availability_slo, defaults.latency_slo_p95_ms) == (0.995, 500)
    fast, slow = defaults.fast_burn, defaults.slow_burn
    assert (fast.rate, fast.long_min, fast.short_min) == (14.4, 60, 5)
    assert (slow.rate, slow.long_min, slow.short_min) == (6, 360, 30)

"""Where a stage's alarms fire, and who hears of them."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["page", "ticket"]
SEVERITIES: tuple[Severity, ...] = ("page", "ticket")


@dataclass(frozen=True)
class Receiver:
    """Who hears of alarms of a severity: `mailto:NAME@DOMAIN` or `https://...`."""

    severity: Severity
    address: str


@dataclass(frozen=True)
class BurnRate:
    """An error budget that burns so many times too fast, over a long window and, still, over a short one (min).

    Source: Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
    """

    rate: float
    long_min: int
    short_min: int


@dataclass(frozen=True)
class AlarmThresholds:
    """Where alarms fire; shares are of 1, times in the unit of their name.

    An alarm on a share waits for `min_requests` (`min_diagnoses`) within its window: one failure of three requests
    at night is a line in the log, not a reason to wake anybody. `silence_min`: None where a stage may stay unused.
    """

    error_share: float = 0.05
    latency_p95_ms: float = 2_000
    inference_p95_ms: float = 1_000
    memory_share: float = 0.90
    memory_critical_share: float = 0.95
    gpu_memory_share: float = 0.90
    throttle_share: float = 0.01
    concurrency_share: float = 0.80
    silence_min: int | None = None
    availability_slo: float = 0.995
    latency_slo_p95_ms: float = 500
    fast_burn: BurnRate = BurnRate(14.4, long_min=60, short_min=5)
    slow_burn: BurnRate = BurnRate(6, long_min=360, short_min=30)
    rate_limit_share: float = 0.80
    inferences_per_min: float = 1_000
    cold_start_share: float = 0.10
    blocked_per_5_min: float = 100
    novelty_share: float = 0.20
    oldest_job_s: float = 900
    monthly_budget_usd: float = 100
    min_requests: int = 20
    min_diagnoses: int = 20

"""Thresholds of a stage's alarms, and the receivers of their messages."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["page", "ticket"]
SEVERITIES: tuple[Severity, ...] = ("page", "ticket")


@dataclass(frozen=True)
class Receiver:
    """A receiver of the alarms of one severity; address: `mailto:NAME@DOMAIN` or `https://...`."""

    severity: Severity
    address: str


@dataclass(frozen=True)
class BurnRate:
    """An alarm on an error budget that burns `rate` times too fast, over a long and also a short window (min).

    Source: Google, The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
    """

    rate: float
    long_min: int
    short_min: int


@dataclass(frozen=True)
class AlarmThresholds:
    """The thresholds of a stage's alarms; shares are of 1, times in the unit of their name.

    An alarm on a share waits for `min_requests` (`min_diagnoses`) within its window: one failure of three requests
    at night is a line in the log, not a reason to wake anybody. `silence_min`: None where a stage may stay unused.
    `watches_objectives`: False for a stage without objectives, which has no alarms on objectives and error budgets.
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
    # The message that checks a running job waits in the queue for up to 900 s by design.
    oldest_job_s: float = 1_800
    table_throttles_per_5_min: float = 10
    monthly_budget_usd: float = 100
    watches_objectives: bool = True
    min_requests: int = 20
    min_diagnoses: int = 20

    def __post_init__(self) -> None:
        """Refuse thresholds that no alarm can have.

        Raises:
            ValueError: the message states what to change.
        """
        if self.silence_min is not None and (self.silence_min < 5 or self.silence_min % 5):
            raise ValueError(
                f"silence_min is {self.silence_min}; write a multiple of 5, or None for no alarm on silence."
            )
        if not 0 < self.availability_slo < 1:
            raise ValueError(f"availability_slo is {self.availability_slo}; write a share below 1, for example 0.995.")
        if self.memory_share >= self.memory_critical_share:
            raise ValueError("memory_share is not below memory_critical_share; the ticket must come before the page.")
        if self.min_requests < 1 or self.min_diagnoses < 1:
            raise ValueError("min_requests and min_diagnoses are at least 1; a share of nothing is no number.")

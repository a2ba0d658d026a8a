"""The stages: everything that differs between dev, staging and prod is a field here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cdk.alarm_thresholds import AlarmThresholds, Receiver
from cdk.stage_parts import (
    Architecture,
    Domain,
    Door,
    FunctionSize,
    Gpu,
    Jwt,
    ProvisionedConcurrency,
    RateLimits,
    Retention,
    Shift,
    Throttle,
)

StageName = Literal["dev", "staging", "prod"]


@dataclass(frozen=True)
class Stage:
    """One stage; `cdk.refusals` refuses a stage that must not be deployed.

    versions_kept: of each function, published versions before the live one, to which it can be rolled back.
    door: the API before the functions; authorization: what it asks of callers, beside the API keys that functions
    check: nothing (`keys`), a signature of IAM, or a token.
    page_cache: CloudFront before the API, which serves the page's files from its caches; edge_secret: the number of the
    secret by which it proves itself, one more for a new secret.
    receivers: of the service's alarms; alert_receivers: of changes of assets, each `mailto:NAME@DOMAIN` or `https://...`.
    """

    name: StageName
    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    cors_origins: tuple[str, ...] = ()
    default_model: str = "journal-bearing"
    max_body_bytes: int = 6_000_000
    max_windows: int = 600
    architecture: Architecture = "arm64"
    sizes: Mapping[str, FunctionSize] = field(default_factory=dict)
    snap_start: bool = False
    provisioned: ProvisionedConcurrency | None = None
    shift: Shift = "all_at_once"
    throttle: Throttle = field(default_factory=Throttle)
    rate_limits: RateLimits = field(default_factory=RateLimits)
    retention: Retention = field(default_factory=Retention)
    key_rotation_days: int = 1
    versions_kept: int = 1
    thresholds: AlarmThresholds = field(default_factory=AlarmThresholds)
    receivers: tuple[Receiver, ...] = ()
    alert_receivers: tuple[str, ...] = ()
    door: Door = "rest_api"
    authorization: Literal["keys", "iam"] | Jwt = "keys"
    domain: Domain | None = None
    page_cache: bool = False
    edge_secret: int = 1
    gpu: Gpu | None = None

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the stage's functions, as functions/core/settings.py reads them."""
        return {
            "PALIER_STAGE": self.name,
            "PALIER_LOG_LEVEL": self.log_level,
            "PALIER_CORS_ORIGINS": json.dumps(self.cors_origins),
            "PALIER_DEFAULT_MODEL": self.default_model,
            "PALIER_MAX_BODY_BYTES": str(self.max_body_bytes),
            "PALIER_MAX_WINDOWS": str(self.max_windows),
            "PALIER_JOBS_RETENTION_DAYS": str(self.retention.object_days),
            "PALIER_HISTORY_RETENTION_DAYS": str(self.retention.history_days),
            "ORT_DISABLE_TELEMETRY": "1",
        }


# Functions of one size in every stage: they neither diagnose nor wait for a diagnosis.
_SMALL_FUNCTIONS: Mapping[str, FunctionSize] = {
    "dashboard": FunctionSize(memory_mb=256, timeout_s=10, reserved_concurrency=32),
    "rotation": FunctionSize(memory_mb=256, timeout_s=30, reserved_concurrency=1),
}

STAGES: dict[StageName, Stage] = {
    "dev": Stage(
        "dev",
        log_level="DEBUG",
        cors_origins=("http://localhost:8000",),
        sizes={
            "inference": FunctionSize(memory_mb=512, timeout_s=28, reserved_concurrency=90),
            "jobs": FunctionSize(memory_mb=512, timeout_s=28, reserved_concurrency=36),
            "worker": FunctionSize(memory_mb=1024, timeout_s=300, reserved_concurrency=2),
            **_SMALL_FUNCTIONS,
        },
        throttle=Throttle(rate_per_s=10, burst=10),
        rate_limits=RateLimits(per_ip=600, per_key=600),
        retention=Retention(log_days=7, object_days=7, history_days=30, removal="destroy"),
        thresholds=AlarmThresholds(silence_min=None, watches_objectives=False, monthly_budget_usd=50),
    ),
    "staging": Stage(
        "staging",
        sizes={
            "inference": FunctionSize(memory_mb=1769, timeout_s=28, reserved_concurrency=104),
            "jobs": FunctionSize(memory_mb=512, timeout_s=28, reserved_concurrency=40),
            "worker": FunctionSize(memory_mb=1769, timeout_s=300, reserved_concurrency=5),
            **_SMALL_FUNCTIONS,
        },
        shift="canary_10_percent_5_minutes",
        throttle=Throttle(rate_per_s=20, burst=20),
        rate_limits=RateLimits(per_ip=3_000, per_key=3_000),
        retention=Retention(log_days=30, object_days=30, history_days=90, removal="destroy"),
        thresholds=AlarmThresholds(silence_min=None, monthly_budget_usd=100),
    ),
    "prod": Stage(
        "prod",
        sizes={
            "inference": FunctionSize(memory_mb=1769, timeout_s=28, reserved_concurrency=288),
            "jobs": FunctionSize(memory_mb=512, timeout_s=28, reserved_concurrency=80),
            "worker": FunctionSize(memory_mb=1769, timeout_s=300, reserved_concurrency=10),
            **_SMALL_FUNCTIONS,
        },
        shift="canary_10_percent_15_minutes",
        throttle=Throttle(rate_per_s=100, burst=100),
        rate_limits=RateLimits(per_ip=15_000, per_key=15_000),
        retention=Retention(log_days=365, object_days=365, history_days=1095, removal="retain"),
        thresholds=AlarmThresholds(silence_min=15, monthly_budget_usd=500),
    ),
}

"""Parts of a stage: sizes, limits, retention, domain, tokens, GPU."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# How long a log group may keep its lines, in days, and the CDK's name for it.
LOG_DAYS: Mapping[int, str] = {7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 90: "THREE_MONTHS", 365: "ONE_YEAR"}

Architecture = Literal["arm64", "x86_64"]
Removal = Literal["destroy", "retain"]
Door = Literal["rest_api", "http_api", "function_url"]
Shift = Literal["all_at_once", "canary_10_percent_5_minutes", "canary_10_percent_15_minutes"]


@dataclass(frozen=True)
class FunctionSize:
    """The size of one function: memory (MiB), time for one event (s), instances at once."""

    memory_mb: int
    timeout_s: int
    reserved_concurrency: int


@dataclass(frozen=True)
class ProvisionedConcurrency:
    """Instances that are kept initialized; their number is scaled within the bounds to the busy share `utilization`."""

    minimum: int
    maximum: int
    utilization: float = 0.7


@dataclass(frozen=True)
class Throttle:
    """API Gateway's limits of diagnoses, for all callers together: requests per second, and at once."""

    rate_per_s: float = 10
    burst: int = 10


@dataclass(frozen=True)
class RateLimits:
    """The web ACL's limits within a window (s): requests of one IP address, and of one API key."""

    per_ip: int = 600
    per_key: int = 600
    window_s: int = 300


@dataclass(frozen=True)
class Retention:
    """How long logs, recordings with their jobs, and histories are kept (days), and whether data outlives its stack."""

    log_days: int = 30
    object_days: int = 30
    noncurrent_days: int = 7
    history_days: int = 365
    removal: Removal = "retain"


@dataclass(frozen=True)
class Domain:
    """A custom domain; with a hosted zone its record is made too."""

    name: str
    certificate_arn: str
    hosted_zone_id: str | None = None
    hosted_zone_name: str | None = None


@dataclass(frozen=True)
class Jwt:
    """Authorization by tokens of an OpenID Connect issuer for one of these audiences."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True)
class Gpu:
    """The container on GPUs, one task on an instance; their number is scaled with the load within the bounds.

    image: in Amazon ECR and by its digest, `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:...`.
    requests_per_task: requests a minute that one task should have. utilization: percent of the time that its GPU
    should be at work.
    """

    image: str
    instance_type: str = "g5.xlarge"
    minimum: int = 1
    maximum: int = 2
    requests_per_task: int = 3_000
    utilization: int = 70

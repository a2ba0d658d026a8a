"""Rules that refuse a stage that must not be deployed: each yields a sentence with what to change."""

import re
from collections.abc import Callable, Iterator

from cdk.functions import DIAGNOSING, FUNCTIONS, INFERENCE, WORKER
from cdk.gpu_instances import IMAGE, INSTANCES
from cdk.stage_parts import LOG_DAYS, Jwt
from cdk.stages import Stage
from cdk.throttles import LEAST_SHARE, instance_shares, instances_at_once

Rule = Callable[[Stage], Iterator[str]]

# Names that RFC 2606 and RFC 6761 reserve, and words of templates that were not filled in.
_PLACEHOLDER = re.compile(
    r"(^|\.)(example(\.(com|net|org))?|invalid|test|localhost)$|change-?me|placeholder|your-?(domain|company|plant)|todo|xxx",
    re.IGNORECASE,
)
_WAF_WINDOWS_S = (60, 120, 300, 600)
_WAF_LOWEST_LIMIT = 10
_LAMBDA_MEMORY_MB = range(128, 10_241)
# API Gateway gives up on an integration after 29 s.
_API_TIMEOUT_S = 29
_ANSWERING = tuple(spec for spec in FUNCTIONS if spec.routes)
# Source: docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html, maximum concurrency
_FEWEST_WORKERS = 2


class StageError(ValueError):
    """A stage that must not be deployed; each sentence names what to change."""


def refuse(stage: Stage) -> None:
    """Check a stage against every rule.

    Raises:
        StageError: at least one rule is broken; the message has a sentence for each.
    """
    faults = [f"Stage {stage.name}: {fault}" for rule in RULES for fault in rule(stage)]
    if faults:
        raise StageError("\n".join(faults))


def _origins(stage: Stage) -> Iterator[str]:
    for origin in stage.cors_origins:
        if origin == "*":
            yield "cors_origins has '*'; name the origins that may call."
        elif stage.name != "dev" and not origin.startswith("https://"):
            yield f"origin {origin} is not https; only dev may have that. Serve the page over https."
        elif stage.name != "dev" and _is_placeholder(origin):
            yield f"origin {origin} is a placeholder; name the page that calls, or remove it."


def _receivers(stage: Stage) -> Iterator[str]:
    if stage.name == "prod" and not any(receiver.severity == "page" for receiver in stage.receivers):
        yield (
            "its alarms have no receiver of pages; add Receiver('page', 'mailto:...') to receivers in cdk/stages.py, "
            "or name one: make synth STAGE=prod RECEIVER=mailto:NAME@DOMAIN."
        )
    for address in (*(receiver.address for receiver in stage.receivers), *stage.alert_receivers):
        if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+|https://\S+\.\S+", address):
            yield f"receiver {address!r} is neither mailto:NAME@DOMAIN nor https://...; write one of them."
        elif _is_placeholder(address):
            yield f"receiver {address} is a placeholder; name somebody who is on call."


def _starts(stage: Stage) -> Iterator[str]:
    if stage.snap_start and stage.provisioned:
        yield "Lambda has no SnapStart with provisioned concurrency; set snap_start=False or provisioned=None."
    if stage.provisioned and not 1 <= stage.provisioned.minimum <= stage.provisioned.maximum:
        yield "provisioned concurrency needs 1 <= minimum <= maximum."
    if stage.provisioned and stage.provisioned.maximum > stage.sizes[INFERENCE.name].reserved_concurrency:
        yield "provisioned.maximum is above the reserved concurrency of inference; lower it, or reserve more."


def _domain(stage: Stage) -> Iterator[str]:
    domain = stage.domain
    if domain is None:
        return
    if _is_placeholder(domain.name) or not re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", domain.name):
        yield f"domain {domain.name!r} is no real domain; name one that is yours, or set domain=None."
    if not re.fullmatch(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]+", domain.certificate_arn):
        yield f"certificate {domain.certificate_arn!r} is no ARN of ACM; write the certificate's ARN."
    if (domain.hosted_zone_id is None) != (domain.hosted_zone_name is None):
        yield "a hosted zone has an id and a name; write both, or neither."


def _retention(stage: Stage) -> Iterator[str]:
    retention = stage.retention
    if retention.log_days not in LOG_DAYS:
        *days, longest = LOG_DAYS
        yield (
            f"retention.log_days is {retention.log_days}; logs are kept {', '.join(map(str, days))} or {longest} days: "
            "write one of them."
        )
    for name in ("object_days", "noncurrent_days", "history_days"):
        if getattr(retention, name) < 1:
            yield f"retention.{name} is {getattr(retention, name)}; write 1 or more."
    if stage.name == "prod" and retention.removal != "retain":
        yield "removing the stack would destroy its data; set retention.removal='retain'."


def _throttles(stage: Stage) -> Iterator[str]:
    throttle, at_once = stage.throttle, instances_at_once(stage, stage.throttle)
    room = instance_shares(stage, INFERENCE)[DIAGNOSING]
    if at_once > room:
        yield (
            f"throttle lets through {throttle.burst} at once and {throttle.rate_per_s:g} requests/s of "
            f"{stage.thresholds.latency_slo_p95_ms:g} ms, which keep {at_once:g} instances busy, above the {room:.4g} "
            f"of inference that are for {DIAGNOSING}; lower throttle, or reserve more."
        )
    for spec in _ANSWERING:
        shares, reserved = instance_shares(stage, spec), stage.sizes[spec.name].reserved_concurrency
        if reserved > 0 and min(shares.values()) < LEAST_SHARE:
            yield (
                f"{spec.name} has a concurrency of {reserved} for {len(shares)} methods, so that API Gateway would let "
                "more through than Lambda takes; reserve more."
            )


def _sizes(stage: Stage) -> Iterator[str]:
    for name, size in stage.sizes.items():
        if size.memory_mb not in _LAMBDA_MEMORY_MB:
            yield f"{name} has {size.memory_mb} MiB; Lambda gives {_LAMBDA_MEMORY_MB[0]} to {_LAMBDA_MEMORY_MB[-1]:,}."
        if size.reserved_concurrency < 1:
            yield f"{name} has no concurrency and would never run; reserve at least 1."
        if name in {spec.name for spec in _ANSWERING} and size.timeout_s >= _API_TIMEOUT_S:
            waits = f"as long as API Gateway waits, {_API_TIMEOUT_S} s, or longer"
            yield f"{name} may take {waits}; set timeout_s below it."
    if stage.sizes[WORKER.name].reserved_concurrency < _FEWEST_WORKERS:
        yield (
            f"worker has a concurrency below {_FEWEST_WORKERS}, the least that its event source can be held to; "
            f"reserve at least {_FEWEST_WORKERS}."
        )


def _rate_limits(stage: Stage) -> Iterator[str]:
    limits = stage.rate_limits
    if limits.window_s not in _WAF_WINDOWS_S:
        *windows, longest = _WAF_WINDOWS_S
        windows_s = f"{', '.join(map(str, windows))} or {longest} s"
        yield f"rate_limits.window_s is {limits.window_s}; AWS WAF counts over {windows_s}."
    if limits.per_ip < limits.per_key:
        yield (
            f"rate_limits.per_ip {limits.per_ip} is below per_key {limits.per_key}, so that a plant behind one address "
            "could not use what its key allows; raise it."
        )
    if min(limits.per_ip, limits.per_key) < _WAF_LOWEST_LIMIT:
        yield (
            f"rate limits below {_WAF_LOWEST_LIMIT} are not counted by AWS WAF; "
            f"raise them to {_WAF_LOWEST_LIMIT} or more."
        )


def _gpu(stage: Stage) -> Iterator[str]:
    gpu = stage.gpu
    if gpu is None:
        return
    if stage.domain is None:
        yield "a GPU stage is reached over TLS and needs a domain with a certificate; set domain, or gpu=None."
    if not IMAGE.fullmatch(gpu.image):
        yield (
            f"image {gpu.image!r} is not one of Amazon ECR by its digest; "
            "write ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:DIGEST."
        )
    if gpu.instance_type not in INSTANCES:
        yield f"instance {gpu.instance_type!r} is not known to have one NVIDIA GPU; use one of {', '.join(INSTANCES)}."
    if not 1 <= gpu.minimum <= gpu.maximum:
        yield f"gpu has {gpu.minimum} to {gpu.maximum} tasks; it needs 1 <= minimum <= maximum."
    if gpu.requests_per_task < 1 or not 1 <= gpu.utilization <= 100:
        yield "gpu scales to at least 1 request a minute and to a utilization of 1 to 100 percent; set both so."


def _doors(stage: Stage) -> Iterator[str]:
    if isinstance(stage.authorization, Jwt):
        yield from _jwt(stage, stage.authorization)
    if stage.page_cache and stage.authorization == "iam":
        yield (
            "callers sign for the name that they call, and CloudFront calls the API by another, so that no signature "
            "would hold; set page_cache=False, or another authorization."
        )
    if stage.edge_secret < 1:
        yield f"edge_secret is {stage.edge_secret}; secrets are numbered from 1."
    if stage.door == "rest_api":
        return
    if stage.name == "prod" and not stage.page_cache:
        yield (
            f"no web ACL can stand before door {stage.door!r}; set page_cache=True, so that CloudFront does, "
            "or door='rest_api'."
        )
    if stage.gpu:
        yield "the web ACL before the GPUs is that of the REST API; set door='rest_api', or gpu=None."
    if stage.door == "function_url":
        if stage.authorization != "iam":
            yield "a function URL is open to everybody unless callers sign; set authorization='iam'."
        if stage.domain or stage.page_cache:
            yield (
                "every function has a URL of its own, and no domain or CloudFront stands before all of them; "
                "set door='http_api', or domain=None and page_cache=False."
            )


def _jwt(stage: Stage, jwt: Jwt) -> Iterator[str]:
    if stage.door != "http_api":
        yield f"door {stage.door!r} reads no tokens; set door='http_api', or authorization='iam' or 'keys'."
    if not re.fullmatch(r"https://\S+\.\S+", jwt.issuer) or _is_placeholder(jwt.issuer):
        yield f"issuer {jwt.issuer!r} is no address of an OpenID Connect issuer; write it as its tokens have it in iss."
    if not jwt.audience:
        yield "a token for any audience would be let through; name the audience of yours in authorization."


def _is_placeholder(address: str) -> bool:
    after_scheme = re.sub(r"^(https?://|mailto:)", "", address)
    host = after_scheme.rpartition("@")[2].partition("/")[0].partition(":")[0]
    return _PLACEHOLDER.search(host) is not None


RULES: tuple[Rule, ...] = (
    _origins,
    _receivers,
    _starts,
    _domain,
    _retention,
    _throttles,
    _sizes,
    _rate_limits,
    _gpu,
    _doors,
)

"""Every stage that must not be deployed is refused with a sentence that says what to change."""

from dataclasses import replace
from typing import Any

import pytest

from cdk.alarm_thresholds import Receiver
from cdk.refusals import StageError, refuse
from cdk.stage_parts import Domain, FunctionSize, ProvisionedConcurrency, RateLimits, Retention, Throttle
from cdk.stages import STAGES, Stage
from tests.cdk.stage_variants import DEPLOYABLE, DEV, DOMAIN, GPU, PROD, STAGING, WARM

CERTIFICATE = DOMAIN.certificate_arn


@pytest.mark.parametrize("stage", [*DEPLOYABLE.values(), WARM], ids=[*DEPLOYABLE, "warm"])
def test_good_stages_pass(stage: Stage) -> None:
    refuse(stage)


def inference(**changes: Any) -> dict[str, FunctionSize]:
    return {**PROD.sizes, "inference": replace(PROD.sizes["inference"], **changes)}


def gpu(**changes: Any) -> Stage:
    return replace(WARM, gpu=replace(GPU, **changes))


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        (replace(DEV, cors_origins=("*",)), "name the origins that may call"),
        (replace(STAGING, cors_origins=("*",)), "name the origins that may call"),
        (replace(PROD, cors_origins=("http://plant.internal",)), "Serve the page over https"),
        (replace(STAGING, cors_origins=("https://plant.example.org",)), "is a placeholder; name the page"),
        (STAGES["prod"], "RECEIVER=mailto:NAME@DOMAIN"),
        (
            replace(PROD, receivers=(Receiver("ticket", "mailto:a@plant.internal"),)),
            "its alarms have no receiver of pages",
        ),
        (replace(PROD, receivers=(Receiver("page", "mailto:ops@example.com"),)), "name somebody who is on call"),
        (replace(PROD, receivers=(Receiver("page", "https://hooks.example.net/x"),)), "name somebody who is on call"),
        (replace(DEV, receivers=(Receiver("page", "oncall"),)), "write one of them"),
        (
            replace(PROD, snap_start=True, provisioned=ProvisionedConcurrency(1, 2)),
            "set snap_start=False or provisioned=None",
        ),
        (replace(WARM, provisioned=ProvisionedConcurrency(5, 2)), "1 <= minimum <= maximum"),
        (replace(WARM, provisioned=ProvisionedConcurrency(1, 289)), "lower it, or reserve more"),
        (replace(PROD, domain=Domain("api.example.com", CERTIFICATE)), "name one that is yours"),
        (replace(PROD, domain=Domain("api.your-domain.com", CERTIFICATE)), "name one that is yours"),
        (replace(PROD, domain=Domain("API", CERTIFICATE)), "name one that is yours"),
        (replace(PROD, domain=Domain("api.plant.internal", "TODO")), "write the certificate's ARN"),
        (replace(PROD, domain=replace(DOMAIN, hosted_zone_name=None)), "write both, or neither"),
        (replace(PROD, retention=Retention(log_days=60)), "logs are kept 7, 14, 30, 90 or 365 days: write one of them"),
        (replace(PROD, retention=Retention(history_days=0)), "retention.history_days is 0; write 1 or more"),
        (replace(PROD, retention=Retention(removal="destroy")), "set retention.removal='retain'"),
        (
            replace(PROD, throttle=Throttle(rate_per_s=201, burst=100)),
            "201 requests/s of 500 ms, which keep 200.5 instances busy, above the 185.2 of inference that are for POST",
        ),
        (replace(PROD, throttle=Throttle(rate_per_s=10, burst=200)), "which keep 205 instances busy"),
        (replace(DEV, sizes={**DEV.sizes, "jobs": FunctionSize(512, 28, 28)}), "jobs has a concurrency of 28 for 14"),
        (replace(PROD, sizes=inference(memory_mb=64)), "Lambda gives 128 to 10,240"),
        (replace(PROD, sizes=inference(timeout_s=29)), "set timeout_s below it"),
        (replace(PROD, sizes=inference(reserved_concurrency=0)), "reserve at least 1"),
        (
            replace(PROD, sizes={**PROD.sizes, "dashboard": FunctionSize(256, 9, 1)}),
            "dashboard has a concurrency of 1 for 2 methods",
        ),
        (replace(PROD, sizes={**PROD.sizes, "jobs": FunctionSize(512, 30, 5)}), "jobs may take as long as API Gateway"),
        (replace(PROD, sizes={**PROD.sizes, "worker": FunctionSize(1769, 300, 1)}), "reserve at least 2"),
        (replace(DEV, alert_receivers=("maintenance",)), "write one of them"),
        (replace(DEV, alert_receivers=("mailto:you@example.com",)), "name somebody who is on call"),
        (replace(PROD, rate_limits=RateLimits(window_s=90)), "60, 120, 300 or 600 s"),
        (
            replace(PROD, rate_limits=RateLimits(per_ip=599)),
            "per_ip 599 is below per_key 600, so that a plant behind one",
        ),
        (replace(PROD, rate_limits=RateLimits(per_key=9)), "raise them to 10 or more"),
        (replace(DEV, gpu=GPU), "needs a domain with a certificate"),
        (gpu(image=GPU.image.partition("@")[0] + ":latest"), "by its digest; write ACCOUNT.dkr.ecr."),
        (gpu(image=f"docker.io/palier@sha256:{'0' * 64}"), "by its digest; write ACCOUNT.dkr.ecr."),
        (gpu(image=GPU.image[:-1]), "by its digest; write ACCOUNT.dkr.ecr."),
        (gpu(instance_type="m7g.large"), "instance 'm7g.large' is not known to have one NVIDIA GPU; use one of g4dn"),
        (gpu(instance_type="g5.12xlarge"), "is not known to have one NVIDIA GPU"),
        (gpu(minimum=3, maximum=2), "3 to 2 tasks; it needs 1 <= minimum <= maximum"),
        (gpu(minimum=0), "0 to 4 tasks; it needs 1 <= minimum <= maximum"),
        (gpu(requests_per_task=0), "at least 1 request a minute"),
        (gpu(utilization=101), "a utilization of 1 to 100 percent"),
    ],
)
def test_bad_stages_are_refused(stage: Stage, sentence: str) -> None:
    with pytest.raises(StageError, match="Stage ") as refusal:
        refuse(stage)
    assert sentence in str(refusal.value)


def test_every_fault_is_said_at_once() -> None:
    stage = replace(STAGES["prod"], cors_origins=("*",), gpu=GPU)
    with pytest.raises(StageError) as refusal:
        refuse(stage)
    assert len(str(refusal.value).splitlines()) == 3


def test_plain_http_origins_are_for_dev_only() -> None:
    refuse(replace(DEV, cors_origins=("http://localhost:8000",)))

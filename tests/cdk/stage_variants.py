"""Stages that may be deployed: those that ship, with somebody who hears prod's alarms, and one with everything."""

from dataclasses import replace

from cdk.stage_parts import Domain, ProvisionedConcurrency, Receiver
from cdk.stages import STAGES, Stage

RECEIVERS = (
    Receiver("page", "mailto:oncall@plant.internal"),
    Receiver("ticket", "https://tickets.plant.internal/hook"),
)
DOMAIN = Domain(
    name="vibration.plant.internal",
    certificate_arn="arn:aws:acm:eu-central-1:123456789012:certificate/0f3a",
    hosted_zone_id="Z0PLANT",
    hosted_zone_name="plant.internal",
)

DEV = STAGES["dev"]
STAGING = STAGES["staging"]
PROD = replace(STAGES["prod"], receivers=RECEIVERS)

# What no shipped stage has: x86_64, provisioned concurrency, a domain, no page that calls.
WARM = replace(
    PROD,
    architecture="x86_64",
    snap_start=False,
    provisioned=ProvisionedConcurrency(minimum=2, maximum=20),
    domain=DOMAIN,
)

DEPLOYABLE: dict[str, Stage] = {"dev": DEV, "staging": STAGING, "prod": PROD}

"""Stages to test: those that ship, with receivers of prod's alarms, and variants that together use every option."""

from dataclasses import replace

from cdk.alarm_thresholds import Receiver
from cdk.stage_parts import Domain, Gpu, Jwt, ProvisionedConcurrency
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

GPU = Gpu(f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/palier@sha256:{'0123456789abcdef' * 4}", maximum=4)

DEV = STAGES["dev"]
STAGING = STAGES["staging"]
PROD = replace(STAGES["prod"], receivers=RECEIVERS)

# What no shipped stage has: x86_64, provisioned concurrency, a domain, an origin that may call the API, receivers of
# assets' alerts, a GPU, CloudFront.
WARM = replace(
    PROD,
    architecture="x86_64",
    snap_start=False,
    provisioned=ProvisionedConcurrency(minimum=2, maximum=20),
    domain=DOMAIN,
    gpu=GPU,
    page_cache=True,
    cors_origins=("https://monitor.plant.internal",),
    alert_receivers=("mailto:maintenance@plant.internal", "https://cmms.plant.internal/hook"),
)

# Snapshots (Lambda SnapStart), which no shipped stage has.
SNAP = replace(STAGING, snap_start=True)

# The other doors, and the other kinds of authorization.
HTTP = replace(
    PROD,
    door="http_api",
    authorization=Jwt("https://login.plant.internal/realms/works", ("palier",)),
    domain=DOMAIN,
    page_cache=True,
    cors_origins=("https://monitor.plant.internal",),
)
URLS = replace(STAGING, door="function_url", authorization="iam")
SIGNED = replace(STAGING, authorization="iam", cors_origins=("https://monitor.plant.internal",))
# Stages that do not ship.
VARIANTS: dict[str, Stage] = {"warm": WARM, "snap": SNAP, "http": HTTP, "urls": URLS, "signed": SIGNED}

DEPLOYABLE: dict[str, Stage] = {"dev": DEV, "staging": STAGING, "prod": PROD}

# The stacks of a stage, by the last part of their names.
PARTS = ("api", "data", "network", "observability", "protection", "secrets")

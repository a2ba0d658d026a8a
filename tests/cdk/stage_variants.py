"""Stages that may be deployed: those that ship, with somebody who hears prod's alarms, and one with everything."""

from dataclasses import replace

from cdk.alarm_thresholds import Receiver
from cdk.functions import FunctionSpec, Grant
from cdk.stage_parts import Domain, FunctionSize, Gpu, ProvisionedConcurrency
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

# Functions as they come: a data entry each.
EXTRA = (
    FunctionSpec(
        "jobs",
        handler="functions.jobs.handler.handler",
        routes=("POST /jobs", "GET /jobs/{id}"),
        reads_keys=True,
        grants=(
            Grant("jobs", "read_write", "PALIER_JOBS_TABLE"),
            Grant("recordings", "write", "PALIER_RECORDINGS_BUCKET"),
            Grant("queue", "send", "PALIER_QUEUE"),
        ),
    ),
    FunctionSpec(
        "worker",
        handler="functions.worker.handler.handler",
        models=True,
        grants=(
            Grant("history", "write", "PALIER_HISTORY_TABLE"),
            Grant("recordings", "read", "PALIER_RECORDINGS_BUCKET"),
        ),
        consumes=True,
    ),
)

# What no shipped stage has: x86_64, provisioned concurrency, a domain, no page that calls, a GPU.
WARM = replace(
    PROD,
    architecture="x86_64",
    snap_start=False,
    provisioned=ProvisionedConcurrency(minimum=2, maximum=20),
    domain=DOMAIN,
    gpu=GPU,
    sizes={
        **PROD.sizes,
        "jobs": FunctionSize(memory_mb=512, timeout_s=20, reserved_concurrency=10),
        "worker": FunctionSize(memory_mb=1769, timeout_s=300, reserved_concurrency=5),
    },
)

DEPLOYABLE: dict[str, Stage] = {"dev": DEV, "staging": STAGING, "prod": PROD}

# The stacks of a stage, by the last part of their names.
PARTS = ("api", "data", "network", "observability", "protection", "secrets")

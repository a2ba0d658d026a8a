"""Checks of an account before a stage is deployed: region, bootstrap, quotas, certificate, names, confirmations."""

from collections.abc import Callable, Iterator
from typing import Any

from cdk.account.concurrency import concurrency_findings
from cdk.account.finding import Finding
from cdk.account.region import region_findings
from cdk.account.session import AccountError, asking_aws
from cdk.gpu_instances import INSTANCES, TASKS_WHILE_DEPLOYING
from cdk.resource_names import BOOTSTRAP_QUALIFIER, balancer_name, resource_name
from cdk.stages import Stage

# Running On-Demand G and VT instances, in virtual processors.
_GPU_QUOTA = "L-DB2E81BA"
_BOOTSTRAP = f"/cdk-bootstrap/{BOOTSTRAP_QUALIFIER}/version"
_OLDEST_BOOTSTRAP = 6
_TOPICS = ("page", "ticket", "assets")
_PENDING = "PendingConfirmation"

Check = Callable[[Stage, Any], Iterator[Finding]]


def preflight(stage: Stage, session: Any) -> list[Finding]:
    """Check that an account has all that a stage needs; changes nothing.

    A check that AWS refuses is a finding, and the others are made all the same.
    """
    return [*dict.fromkeys(finding for check in CHECKS for finding in _made(check, stage, session))]


def _made(check: Check, stage: Stage, session: Any) -> list[Finding]:
    try:
        with asking_aws():
            return list(check(stage, session))
    except AccountError as error:
        reason = str(error).removesuffix(".")
        return [Finding(False, f"{reason}; docs/deploy.md has what preflight must be allowed to ask.")]


def require_all(findings: list[Finding]) -> None:
    """Raise AccountError where something is missing."""
    missing = sum(not one.enough for one in findings)
    if missing:
        raise AccountError(f"{missing} of {len(findings)} things are missing: do what the lines above state.")


def _bootstrap(_: Stage, session: Any) -> Iterator[Finding]:
    client = session.client("ssm")
    try:
        version = int(client.get_parameter(Name=_BOOTSTRAP)["Parameter"]["Value"])
    except client.exceptions.ParameterNotFound:
        version = 0
    yield Finding(
        version >= _OLDEST_BOOTSTRAP,
        f"bootstrap has version {version}; make bootstrap gives {session.region_name} {_OLDEST_BOOTSTRAP} or newer.",
    )


def _gpus(stage: Stage, session: Any) -> Iterator[Finding]:
    if stage.gpu is None:
        return
    quota = session.client("service-quotas").get_service_quota(ServiceCode="ec2", QuotaCode=_GPU_QUOTA)
    found = int(quota["Quota"]["Value"])
    needed = TASKS_WHILE_DEPLOYING * stage.gpu.maximum * INSTANCES[stage.gpu.instance_type].vcpus
    yield Finding(
        found >= needed,
        f"{found} virtual processors of G and VT instances may run, a deployment of {stage.gpu.maximum} tasks needs "
        f"{needed}; more: Service Quotas, Amazon EC2, Running On-Demand G and VT instances.",
    )


def _certificate(stage: Stage, session: Any) -> Iterator[Finding]:
    if stage.domain is None:
        return
    arn = stage.domain.certificate_arn
    where = arn.split(":")[3]
    yield Finding(
        where == session.region_name,
        f"the certificate is of {where}, the stage goes to {session.region_name}; ask ACM of that region for one.",
    )
    if where != session.region_name:
        return
    found = session.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    yield Finding(found["Status"] == "ISSUED", f"the certificate is {found['Status']}; it must be ISSUED.")
    names = [stage.domain.name, *([balancer_name(stage.domain.name)] if stage.gpu else [])]
    covered = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    for name in names:
        wildcard = f"*.{name.partition('.')[2]}"
        yield Finding(bool({name, wildcard} & covered), f"the certificate must cover {name}; it has {sorted(covered)}.")


def _hosted_zone(stage: Stage, session: Any) -> Iterator[Finding]:
    domain = stage.domain
    if domain is None:
        return
    if not domain.hosted_zone_id or not domain.hosted_zone_name:
        yield Finding(True, f"no hosted zone: point {domain.name} at the API yourself (docs/deploy.md, Names).")
        return
    found = session.client("route53").get_hosted_zone(Id=domain.hosted_zone_id)["HostedZone"]["Name"].rstrip(".")
    zone = domain.hosted_zone_name
    yield Finding(
        found == zone and f".{domain.name}".endswith(f".{zone}"),
        f"the hosted zone is {found}; the stage names it {zone}, for {domain.name}.",
    )


def _confirmations(stage: Stage, session: Any) -> Iterator[Finding]:
    client = session.client("sns")
    names = {resource_name(stage.name, topic) for topic in _TOPICS}
    topics = [one["TopicArn"] for page in client.get_paginator("list_topics").paginate() for one in page["Topics"]]
    for arn in (one for one in topics if one.rpartition(":")[2] in names):
        pages = client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        waiting = [
            one["Endpoint"] for page in pages for one in page["Subscriptions"] if one["SubscriptionArn"] == _PENDING
        ]
        yield Finding(
            not waiting,
            f"{arn.rpartition(':')[2]} waits for {', '.join(waiting) or 'nobody'} to confirm what SNS sent.",
        )


CHECKS: tuple[Check, ...] = (
    region_findings,
    _bootstrap,
    concurrency_findings,
    _gpus,
    _certificate,
    _hosted_zone,
    _confirmations,
)

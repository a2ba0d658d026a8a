"""What an account lacks is found before anything is deployed, and each line states what to do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk.account.finding import Finding
from cdk.account.preflight import preflight, require_all
from cdk.account.session import AccountError
from cdk.stage_parts import Domain
from cdk.stages import STAGES, Stage, StageName
from tests.cdk.account.accounts import CERTIFICATE, REGION, Account
from tests.cdk.stage_variants import DEV, DOMAIN, GPU

_OTHERS: tuple[StageName, ...] = ("staging", "prod")
PROD_AND_STAGING = {
    f"palier-{stage}-{name}": size.reserved_concurrency
    for stage in _OTHERS
    for name, size in STAGES[stage].sizes.items()
}
SERVED = replace(DEV, domain=DOMAIN, gpu=GPU)


def missing(stage: Stage, session: Any) -> list[str]:
    return [one.sentence for one in preflight(stage, session) if not one.enough]


@pytest.mark.parametrize("stage", [DEV, SERVED], ids=["plain", "served"])
def test_an_account_that_has_everything_lacks_nothing(stage: Stage) -> None:
    found = preflight(stage, Account())
    assert [one for one in found if not one.enough] == []
    require_all(found)


@pytest.mark.parametrize(
    ("has", "sentence"),
    [
        (
            {"concurrency": 260},
            "Lambda runs 260 functions at once; 261 are needed: 161 for the stage, 100 that stay unreserved, 0 that "
            "others reserve (nothing). More: Service Quotas, AWS Lambda, Concurrent executions, 1000.",
        ),
        (
            {"concurrency": 1000, "reserved": PROD_AND_STAGING, "elsewhere": 200},
            "Lambda runs 1000 functions at once; 1054 are needed: 161 for the stage, 100 that stay unreserved, 793 "
            "that others reserve (palier-staging 182, palier-prod 411, other functions 200). More: Service Quotas, "
            "AWS Lambda, Concurrent executions, 2000.",
        ),
        ({"gpu_vcpus": 31.0}, "31 virtual processors of G and VT instances may run, a deployment of 4 tasks needs 32"),
        ({"bootstrap": None}, "bootstrap has version 0; make bootstrap gives eu-central-1 6 or newer"),
        ({"bootstrap": "5"}, "bootstrap has version 5"),
        ({"certificate": CERTIFICATE | {"Status": "PENDING_VALIDATION"}}, "the certificate is PENDING_VALIDATION"),
        (
            {"certificate": CERTIFICATE | {"SubjectAlternativeNames": []}},
            "the certificate must cover gpu.vibration.plant.internal",
        ),
        ({"zone": "plant.example."}, "the hosted zone is plant.example; the stage names it plant.internal"),
        ({"waiting": ("a@plant.internal",)}, "palier-dev-page waits for a@plant.internal to confirm"),
    ],
)
def test_what_is_missing_is_one_line(has: dict[str, Any], sentence: str) -> None:
    (found,) = missing(SERVED, Account(**has))
    assert found.startswith(sentence)


def test_a_check_that_aws_refuses_is_a_line_and_the_others_are_made() -> None:
    refusal = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "GetProducts")
    first, second = missing(DEV, Account(concurrency=10, refusal_of_prices=refusal))
    assert first.startswith("AWS refused GetProducts (AccessDeniedException): not authorized; docs/deploy.md")
    assert second.startswith("Lambda runs 10 functions at once")


def test_what_the_stage_itself_has_reserved_is_not_asked_for_twice() -> None:
    deployed = {f"palier-dev-{name}": size.reserved_concurrency for name, size in DEV.sizes.items()}
    assert missing(DEV, Account(concurrency=261, reserved=deployed)) == []


def test_the_page_has_what_each_stage_reserves() -> None:
    sums = {name: sum(size.reserved_concurrency for size in stage.sizes.values()) for name, stage in STAGES.items()}
    page = (Path(__file__).resolve().parents[3] / "docs" / "deploy.md").read_text()
    listed = ", ".join(f"{name} {count}" for name, count in sums.items())
    assert f"{listed}, together {sum(sums.values())}" in page


def test_a_certificate_of_another_region_is_not_asked_for() -> None:
    elsewhere = Domain(DOMAIN.name, DOMAIN.certificate_arn.replace(REGION, "us-east-1"))
    (found,) = missing(replace(DEV, domain=elsewhere), Account())
    assert found.startswith("the certificate is of us-east-1, the stage goes to eu-central-1")


def test_what_is_missing_ends_with_a_sentence() -> None:
    with pytest.raises(AccountError, match="1 of 2 things are missing: do what the lines above state"):
        require_all([Finding(True, "a."), Finding(False, "b.")])
    assert (Finding(True, "a.").line(), Finding(False, "b.").line()) == ("ok      a.", "MISSING b.")

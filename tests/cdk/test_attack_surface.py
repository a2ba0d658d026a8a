"""What an attacker looks for in the templates of every stage and of every optional field: doors left open."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cdk.templates import Assembly, Template

_ANYWHERE = ("0.0.0.0/0", "::/0")
# Policies of resources: type -> member with the document.
_POLICIES = {
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
    "AWS::Events::EventBusPolicy": "Statement",
    "AWS::EC2::VPCEndpoint": "PolicyDocument",
}
# By which a service proves for whom it asks. KMS sees no account behind EventBridge, but what it encrypts for.
_DEPUTY = ("aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext:aws:sns:topicArn", "kms:ViaService")


@pytest.fixture(scope="module")
def templates(assembly: Assembly) -> dict[str, Template]:
    return {path.name: Template(json.loads(path.read_bytes())) for path in assembly.files()}


def statements(templates: dict[str, Template], types: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, template in templates.items():
        for type_ in types:
            for properties in template.all(type_):
                document = properties.get(_POLICIES[type_], {})
                for one in document.get("Statement", []) if "Statement" in document else [document]:
                    yield f"{name}: {type_}", one


def allowed(templates: dict[str, Template]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, one) for name, one in statements(templates, tuple(_POLICIES)) if one.get("Effect") == "Allow"]


def test_no_policy_of_a_resource_lets_everybody_in(templates: dict[str, Template]) -> None:
    everybody = [name for name, one in allowed(templates) if one.get("Principal") in ("*", {"AWS": "*"})]
    assert everybody == []


def test_a_service_acts_for_this_account_alone(templates: dict[str, Template]) -> None:
    """No service is a confused deputy: what it may do on a resource is bound to an account, an ARN or a context."""
    by_services = [(name, one) for name, one in allowed(templates) if "Service" in one["Principal"]]
    assert len(by_services) > 20
    unbound = [(name, one) for name, one in by_services if not any(key in json.dumps(one) for key in _DEPUTY)]
    assert unbound == []


def test_whoever_may_call_a_function_is_named(templates: dict[str, Template]) -> None:
    permissions = [one for template in templates.values() for one in template.all("AWS::Lambda::Permission")]
    assert len(permissions) > 20
    assert [one for one in permissions if "SourceArn" not in one and "SourceAccount" not in one] == []
    assert {one["Principal"] for one in permissions} == {"apigateway.amazonaws.com", "secretsmanager.amazonaws.com"}


def test_no_role_may_do_all_that_a_service_knows(templates: dict[str, Template]) -> None:
    found = [one for template in templates.values() for one in template.statements() if one["Effect"] == "Allow"]
    actions = [
        action for one in found for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    ]
    assert len(actions) > 200
    assert [action for action in actions if "*" in action] == []


def test_roles_are_taken_on_by_services_and_nobody_else(templates: dict[str, Template]) -> None:
    """Which service gets a role is for whoever may pass it, and roles are not passed to other accounts."""
    roles = [one for template in templates.values() for one in template.all("AWS::IAM::Role")]
    trusted = [one for role in roles for one in role["AssumeRolePolicyDocument"]["Statement"]]
    assert {tuple(one["Principal"]) for one in trusted} == {("Service",)}


def test_only_the_load_balancer_listens_to_the_internet(templates: dict[str, Template]) -> None:
    opened = [
        (name, rule)
        for name, template in templates.items()
        for group in template.all("AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupIngress", [])
        if rule.get("CidrIp", rule.get("CidrIpv6")) in _ANYWHERE
    ]
    opened += [
        (name, rule)
        for name, template in templates.items()
        for rule in template.all("AWS::EC2::SecurityGroupIngress")
        if rule.get("CidrIp", rule.get("CidrIpv6")) in _ANYWHERE
    ]
    assert [("gpu" in name, rule["FromPort"], rule["ToPort"]) for name, rule in opened] == [(True, 443, 443)]


def test_what_goes_out_goes_over_tls(templates: dict[str, Template]) -> None:
    sent = [
        rule
        for template in templates.values()
        for group in template.all("AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupEgress", [])
    ]
    assert {rule["FromPort"] for rule in sent if rule.get("CidrIp") in _ANYWHERE} == {443}


def test_everything_at_rest_is_encrypted(templates: dict[str, Template]) -> None:
    for template in templates.values():
        assert all(
            one.get("KmsMasterKeyId") or one.get("SqsManagedSseEnabled") for one in template.all("AWS::SQS::Queue")
        )
        assert all(one.get("KmsMasterKeyId") for one in template.all("AWS::SNS::Topic"))
        assert all(one["SSESpecification"]["SSEEnabled"] for one in template.all("AWS::DynamoDB::Table"))
        assert all("BucketEncryption" in one for one in template.all("AWS::S3::Bucket"))


def test_no_bucket_can_be_made_public_and_every_log_ends(templates: dict[str, Template]) -> None:
    for template in templates.values():
        for bucket in template.all("AWS::S3::Bucket"):
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert [one["ObjectOwnership"] for one in bucket["OwnershipControls"]["Rules"]] == ["BucketOwnerEnforced"]
        assert all(one["RetentionInDays"] >= 7 for one in template.all("AWS::Logs::LogGroup"))


def test_what_is_asked_without_a_signature_is_an_api_behind_a_web_acl_or_cloud_front(
    templates: dict[str, Template],
) -> None:
    for template in templates.values():
        assert {one["AuthType"] for one in template.all("AWS::Lambda::Url")} <= {"AWS_IAM"}
        for authorizer in template.all("AWS::ApiGatewayV2::Authorizer"):
            assert authorizer["JwtConfiguration"]["Audience"]
            assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
        for distribution in template.all("AWS::CloudFront::Distribution"):
            settings = distribution["DistributionConfig"]
            behaviours = [settings["DefaultCacheBehavior"], *settings["CacheBehaviors"]]
            assert {one["ViewerProtocolPolicy"] for one in behaviours} == {"https-only"}
            for origin in settings["Origins"]:
                assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
                assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_pages_that_may_read_a_bucket_are_named(templates: dict[str, Template]) -> None:
    shared = [
        origin
        for template in templates.values()
        for bucket in template.all("AWS::S3::Bucket")
        for rule in bucket.get("CorsConfiguration", {}).get("CorsRules", [])
        for origin in rule["AllowedOrigins"]
    ]
    assert len(shared) > 5
    assert "*" not in [origin for origin in shared if isinstance(origin, str)]

"""The network of the GPUs: requests over TLS, by web ACL and balancer; from inside, AWS's endpoints only."""

import json

import pytest

from cdk.functions import FUNCTIONS
from functions.core.errors import NotFoundError
from functions.core.http.answers import ErrorAnswer
from tests.cdk.stage_variants import DOMAIN
from tests.cdk.templates import Assembly, Template


@pytest.fixture
def template(assembly: Assembly) -> Template:
    return assembly.template("warm", "gpu")


@pytest.fixture
def network(assembly: Assembly) -> Template:
    return assembly.template("warm", "network")


def test_callers_come_over_tls_only(template: Template) -> None:
    balancer = template.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert (balancer["Scheme"], balancer["Type"]) == ("internet-facing", "application")
    listener = template.only("AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert listener["Certificates"] == [{"CertificateArn": DOMAIN.certificate_arn}]


def test_the_balancer_is_logged_and_drops_malformed_headers(template: Template) -> None:
    balancer = template.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    attributes = {one["Key"]: one["Value"] for one in balancer["LoadBalancerAttributes"]}
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["deletion_protection.enabled"] == "false"
    assert attributes["access_logs.s3.enabled"] == "true"
    bucket = template.document["Resources"][attributes["access_logs.s3.bucket"]["Ref"]]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    statements = template.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    (allowed,) = [one for one in statements if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert allowed["Action"] == "s3:PutObject"


def test_only_the_paths_of_inference_get_through(template: Template) -> None:
    (default,) = template.only("AWS::ElasticLoadBalancingV2::Listener")["DefaultActions"]
    assert default["FixedResponseConfig"]["StatusCode"] == "404"
    body = json.loads(default["FixedResponseConfig"]["MessageBody"])
    assert tuple(body) == ErrorAnswer.__struct_fields__
    assert body["code"] == NotFoundError.code == "not_found"
    rules = template.all("AWS::ElasticLoadBalancingV2::ListenerRule")
    values = [rule["Conditions"][0]["PathPatternConfig"]["Values"] for rule in rules]
    patterns = [pattern for one in values for pattern in one]
    assert {"/", "/health", "/predict", "/models/*", "/v2/*"} <= set(patterns)
    assert len(patterns) == len({route.partition(" ")[2] for route in FUNCTIONS[0].routes})
    assert {"/metrics", "/ping", "/invocations", "*", "/*"}.isdisjoint(patterns)
    assert max(len(one) for one in values) <= 5


def test_the_web_acl_of_the_stage_stands_before_it(template: Template, assembly: Assembly) -> None:
    association = template.only("AWS::WAFv2::WebACLAssociation")
    target = template.document["Resources"][association["ResourceArn"]["Ref"]]
    assert target["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer"
    assert "palier-prod-protection:" in str(association["WebACLArn"])
    assert template.all("AWS::WAFv2::WebACL") == []
    assert len(assembly.template("warm", "protection").all("AWS::WAFv2::WebACLAssociation")) == 1


def test_it_has_a_name_of_its_own(template: Template) -> None:
    assert template.only("AWS::Route53::RecordSet")["Name"] == f"gpu.{DOMAIN.name}."
    assert template.document["Outputs"]["Url"]["Value"] == f"https://gpu.{DOMAIN.name}/"


@pytest.fixture
def groups(template: Template) -> dict[str, str]:
    """Logical ids of the security groups, by what they are."""
    found = {
        one["Properties"]["GroupDescription"]: name
        for name, one in template.document["Resources"].items()
        if one["Type"] == "AWS::EC2::SecurityGroup"
    }
    return {"balancer": found["The balancer before the GPUs"], "tasks": found["Tasks with a GPU"]}


def test_only_the_balancer_reaches_the_tasks(template: Template, groups: dict[str, str]) -> None:
    assert "SecurityGroupIngress" not in template.document["Resources"][groups["tasks"]]["Properties"]
    ingress = template.only("AWS::EC2::SecurityGroupIngress")
    assert ingress["GroupId"]["Fn::GetAtt"][0] == groups["tasks"]
    assert ingress["SourceSecurityGroupId"]["Fn::GetAtt"][0] == groups["balancer"]
    assert (ingress["FromPort"], ingress["ToPort"], ingress["IpProtocol"]) == (8080, 8080, "tcp")
    door = template.document["Resources"][groups["balancer"]]["Properties"]["SecurityGroupIngress"]
    assert [(one["CidrIp"], one["FromPort"], one["ToPort"]) for one in door] == [("0.0.0.0/0", 443, 443)]


def test_tasks_reach_the_endpoints_and_the_balancer_the_tasks(template: Template, groups: dict[str, str]) -> None:
    rules = {one["GroupId"]["Fn::GetAtt"][0]: one for one in template.all("AWS::EC2::SecurityGroupEgress")}
    assert set(rules) == set(groups.values())
    tasks, balancer = rules[groups["tasks"]], rules[groups["balancer"]]
    assert (tasks["FromPort"], tasks["ToPort"]) == (443, 443)
    assert "BoundaryEndpoints" in str(tasks["DestinationSecurityGroupId"])
    assert (balancer["FromPort"], balancer["ToPort"]) == (8080, 8080)
    assert balancer["DestinationSecurityGroupId"]["Fn::GetAtt"][0] == groups["tasks"]


def test_no_group_is_given_a_way_out_by_default(template: Template) -> None:
    for group in template.all("AWS::EC2::SecurityGroup"):
        (egress,) = group["SecurityGroupEgress"]
        assert (egress["CidrIp"], egress["IpProtocol"]) == ("255.255.255.255/32", "icmp")


def test_tasks_and_instances_are_inside_and_the_balancer_at_the_edge(template: Template) -> None:
    network = template.only("AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    instances = template.only("AWS::AutoScaling::AutoScalingGroup")["VPCZoneIdentifier"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert network["Subnets"] == instances
    assert all("isolatedSubnet" in str(subnet) for subnet in instances)
    balancer = template.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert all("edgeSubnet" in str(subnet) for subnet in balancer["Subnets"])


def test_what_is_inside_has_no_way_to_the_internet(network: Template) -> None:
    assert {"AWS::EC2::NatGateway", "AWS::EC2::EIP"}.isdisjoint(network.types())
    routed = [one["RouteTableId"]["Ref"] for one in network.all("AWS::EC2::Route")]
    assert len(routed) == 2
    assert all("edgeSubnet" in one for one in routed)
    assert {subnet["MapPublicIpOnLaunch"] for subnet in network.all("AWS::EC2::Subnet")} == {False}


def test_every_service_that_is_needed_has_its_endpoint(network: Template) -> None:
    endpoints = [one for one in network.all("AWS::EC2::VPCEndpoint") if one["VpcEndpointType"] == "Interface"]
    names = {str(one["ServiceName"]).rpartition("}, '.")[2].rstrip("']}") for one in endpoints}
    assert names == {"ecs", "ecs-agent", "ecs-telemetry", "ecr.api", "ecr.dkr", "logs", "monitoring", "secretsmanager"}
    assert {one["PrivateDnsEnabled"] for one in endpoints} == {True}
    assert all("isolatedSubnet" in str(one["SubnetIds"]) for one in endpoints)

"""The network boundary: no way in, no way out but to AWS, refused packets logged, nothing that costs while idle."""

import pytest

from cdk.stages import Stage
from tests.cdk.templates import Assembly, Template


@pytest.fixture
def template(assembly: Assembly, stage: Stage) -> Template:
    return assembly.template(stage.name, "network")


def test_there_is_no_way_to_the_internet(template: Template) -> None:
    ways = {
        "AWS::EC2::InternetGateway",
        "AWS::EC2::NatGateway",
        "AWS::EC2::EIP",
        "AWS::EC2::Route",
        "AWS::EC2::VPCGatewayAttachment",
    }
    assert ways.isdisjoint(template.types())
    subnets = template.all("AWS::EC2::Subnet")
    assert len(subnets) == 2
    assert {subnet["MapPublicIpOnLaunch"] for subnet in subnets} == {False}


def test_the_ways_to_aws_are_gateways(template: Template) -> None:
    endpoints = template.all("AWS::EC2::VPCEndpoint")
    assert {endpoint["VpcEndpointType"] for endpoint in endpoints} == {"Gateway"}
    assert sorted(str(endpoint["ServiceName"]).rpartition(".")[2].rstrip("']}") for endpoint in endpoints) == [
        "dynamodb",
        "s3",
    ]


def test_nothing_may_call_the_workload(template: Template) -> None:
    (ingress,) = template.all("AWS::EC2::SecurityGroupIngress")
    assert ingress["Description"] == "The workload calls AWS"
    endpoints = template.document["Resources"][ingress["GroupId"]["Fn::GetAtt"][0]]["Properties"]
    assert endpoints["GroupDescription"] == "Ways to AWS"
    assert "CidrIp" not in ingress


def test_the_workload_may_call_over_tls_only(template: Template) -> None:
    rules = template.all("AWS::EC2::SecurityGroupEgress")
    assert {
        (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) for rule in rules if rule["IpProtocol"] == "tcp"
    } == {(443, 443, "tcp")}
    for group in template.all("AWS::EC2::SecurityGroup"):
        assert group.get("SecurityGroupIngress", []) == []
        assert all(rule["CidrIp"] == "255.255.255.255/32" for rule in group.get("SecurityGroupEgress", []))


def test_refused_packets_are_logged(template: Template, stage: Stage) -> None:
    assert template.only("AWS::EC2::FlowLog")["TrafficType"] == "REJECT"
    log = template.only("AWS::Logs::LogGroup")
    assert log["LogGroupName"] == f"/palier/{stage.name}/refused-packets"
    assert log["RetentionInDays"] == stage.retention.log_days

"""The network: no way in, no way out but to AWS, rejected packets logged, nothing that costs while idle."""

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
    workload = template.named("AWS::EC2::SecurityGroup", "GroupDescription", "What runs inside")
    assert "SecurityGroupIngress" not in workload
    endpoints = template.named("AWS::EC2::SecurityGroup", "GroupDescription", "Ways to AWS")
    (ingress,) = endpoints["SecurityGroupIngress"]
    assert (ingress["CidrIp"], ingress["FromPort"], ingress["ToPort"]) == ("10.42.0.0/20", 443, 443)
    assert template.all("AWS::EC2::SecurityGroupIngress") == []


def test_the_workload_may_call_over_tls_only(template: Template) -> None:
    workload = template.named("AWS::EC2::SecurityGroup", "GroupDescription", "What runs inside")
    (egress,) = workload["SecurityGroupEgress"]
    assert (egress["IpProtocol"], egress["FromPort"], egress["ToPort"]) == ("tcp", 443, 443)
    assert template.all("AWS::EC2::SecurityGroupEgress") == []


def test_refused_packets_are_logged(template: Template, stage: Stage) -> None:
    assert template.only("AWS::EC2::FlowLog")["TrafficType"] == "REJECT"
    log = template.only("AWS::Logs::LogGroup")
    assert log["LogGroupName"] == f"/palier/{stage.name}/refused-packets"
    assert log["RetentionInDays"] == stage.retention.log_days

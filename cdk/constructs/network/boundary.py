"""The network boundary of a stage's VPC: no route to the internet, and from it to a load balancer only."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import CfnResource
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.constructs.retention import log_group
from cdk.resource_names import log_name
from cdk.stages import Stage

# Services of AWS that the container needs: orchestration, image, log, keys, metrics. Each costs by the hour and zone.
INTERFACES: Mapping[str, ec2.InterfaceVpcEndpointAwsService] = {
    "Ecs": ec2.InterfaceVpcEndpointAwsService.ECS,
    "EcsAgent": ec2.InterfaceVpcEndpointAwsService.ECS_AGENT,
    "EcsTelemetry": ec2.InterfaceVpcEndpointAwsService.ECS_TELEMETRY,
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Monitoring": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "SecretsManager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
}
ADDRESSES = "10.42.0.0/20"
_INSIDE, _EDGE = "isolated", "edge"
# A rule that matches no packet: an address and a message that do not exist.
_NOTHING = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}


class Boundary(Construct):
    """Isolated subnets in two zones, endpoints of S3 and DynamoDB only, and a log of every refused packet.

    `workload` is the security group of the workloads inside: nothing may call them, and they may call AWS alone, over
    TLS. A stage with GPUs has public subnets too, for the load balancer, which is the only way to the inside.
    """

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(ADDRESSES),
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=_subnets(edge=stage.gpu is not None),
            # Nothing is in the default group; the workload's own is below.
            restrict_default_security_group=False,
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        self.workload = self._group("Workload", "What runs inside")
        self.endpoints = self._group("Endpoints", "Ways to AWS")
        self._allow()
        self._log(stage)
        if stage.gpu:
            self._add_interfaces()

    @property
    def inside(self) -> ec2.SubnetSelection:
        """The subnets without a route to the internet."""
        return ec2.SubnetSelection(subnet_group_name=_INSIDE)

    @property
    def edge(self) -> ec2.SubnetSelection:
        """The subnets with a route to the internet, of a stage with GPUs."""
        return ec2.SubnetSelection(subnet_group_name=_EDGE)

    def _group(self, id_: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id_, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _allow(self) -> None:
        https = ec2.Port.tcp(443)
        self.endpoints.add_ingress_rule(ec2.Peer.ipv4(ADDRESSES), https, "What runs inside calls AWS")
        # Gateways to S3 and DynamoDB have public addresses; there is no route to any other.
        self.workload.add_egress_rule(ec2.Peer.any_ipv4(), https, "AWS, through endpoints")

    def _log(self, stage: Stage) -> None:
        log = log_group(self, "Log", name=log_name(stage.name, "refused-packets"), retention=stage.retention)
        role = iam.Role(self, "LogRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        self.vpc.add_flow_log(
            "Refused",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(log, role),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )

    def _add_interfaces(self) -> None:
        for name, service in INTERFACES.items():
            self.vpc.add_interface_endpoint(
                name, service=service, security_groups=[self.endpoints], subnets=self.inside, open=False
            )


def _subnets(*, edge: bool) -> list[ec2.SubnetConfiguration]:
    inside = ec2.SubnetConfiguration(name=_INSIDE, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
    if not edge:
        return [inside]
    # After the others, whose addresses stay as they were.
    return [
        inside,
        ec2.SubnetConfiguration(
            name=_EDGE, subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
        ),
    ]


def closed_group(scope: Construct, id_: str, *, vpc: ec2.IVpc, description: str) -> ec2.SecurityGroup:
    """Return a group that lets nothing in or out; rules about other groups are made after it.

    EC2 adds a rule that lets everything out to a group without an outbound rule, so this group has one that matches
    nothing; the CDK would remove its own such rule with the first rule that is added.
    """
    group = ec2.SecurityGroup(scope, id_, vpc=vpc, description=description, allow_all_outbound=False)
    resource = cast("CfnResource", group.node.default_child)
    resource.add_property_override("SecurityGroupEgress", [{**_NOTHING, "Description": "Nothing else"}])
    return group

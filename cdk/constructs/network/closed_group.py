"""A security group that lets nothing out but what is said."""

from typing import cast

from aws_cdk import CfnResource
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

# An address and a message that do not exist.
_NOTHING = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}


def closed_group(scope: Construct, id_: str, *, vpc: ec2.IVpc, description: str) -> ec2.SecurityGroup:
    """Return a group that lets nothing in or out; rules about other groups are made after it.

    EC2 gives a group that is made without a rule for outbound packets one that lets all out, so this has one for none;
    the CDK would take it away with the first rule that is made afterwards.
    """
    group = ec2.SecurityGroup(scope, id_, vpc=vpc, description=description, allow_all_outbound=False)
    resource = cast("CfnResource", group.node.default_child)
    resource.add_property_override("SecurityGroupEgress", [{**_NOTHING, "Description": "Nothing else"}])
    return group

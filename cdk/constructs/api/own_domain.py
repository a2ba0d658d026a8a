"""A custom domain before the API, over TLS 1.2 or newer."""

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from cdk.stage_parts import Domain


class OwnDomain(Construct):
    """The custom domain, its mapping to the API, and its record where the zone is hosted in the account."""

    def __init__(self, scope: Construct, id_: str, *, domain: Domain, api: apigateway.RestApi) -> None:
        super().__init__(scope, id_)
        name = apigateway.DomainName(
            self,
            "Name",
            domain_name=domain.name,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", domain.certificate_arn),
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
            endpoint_type=apigateway.EndpointType.REGIONAL,
        )
        name.add_base_path_mapping(api)
        add_record(self, domain, name=domain.name, target=targets.ApiGatewayDomain(name))


def add_record(scope: Construct, domain: Domain, *, name: str, target: route53.IAliasRecordTarget) -> None:
    """Add the record of a name in the domain's zone, where the account hosts that zone."""
    if not (domain.hosted_zone_id and domain.hosted_zone_name):
        return
    zone = route53.HostedZone.from_hosted_zone_attributes(
        scope, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.hosted_zone_name
    )
    route53.ARecord(scope, "Record", zone=zone, record_name=f"{name}.", target=route53.RecordTarget.from_alias(target))

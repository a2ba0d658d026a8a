"""The load balancer before the tasks: TLS only, the paths of inference only, every request logged."""

import json
import re

from aws_cdk import Duration, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.api.responses import error_body
from cdk.constructs.gpu.gpu_task import HEALTH, PORT
from cdk.constructs.network.boundary import Boundary
from cdk.constructs.network.closed_group import closed_group
from cdk.constructs.removal import removal_policy
from cdk.functions import FUNCTIONS
from cdk.stage_parts import Domain, Retention
from cdk.stages import Stage as PalierStage

# One rule of a listener compares with five values at most.
_PATHS_A_RULE = 5
_TLS = 443
# As long as the container gives a request (PALIER_DEADLINE_MS), and a little.
_IDLE_TIMEOUT = Duration.seconds(35)
_NOT_FOUND = "There is nothing at this path; /docs lists what there is."
_LOG_WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"


def balancer_name(domain: Domain) -> str:
    """Return the name that the GPU's door has, beside that of the API."""
    return f"gpu.{domain.name}"


def paths() -> list[str]:
    """Return the path patterns that are let through: those of inference, so neither /metrics nor SageMaker's."""
    (inference,) = [spec for spec in FUNCTIONS if spec.name == "inference"]
    named = [route.partition(" ")[2] for route in inference.routes]
    return list(dict.fromkeys(re.sub(r"{[^}]+}", "*", path) for path in named))


class GpuBalancer(Construct):
    """The balancer of a stage in the subnets that have a way to the internet; `balancer` and `tasks` are its groups."""

    def __init__(self, scope: Construct, id_: str, *, stage: PalierStage, domain: Domain, boundary: Boundary) -> None:
        super().__init__(scope, id_)
        self.access_log = self._access_log(stage.retention)
        self.group = closed_group(self, "Group", vpc=boundary.vpc, description="The balancer before the GPUs")
        self.group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(_TLS), "Callers, over TLS")
        acknowledge(self.group, {"AwsSolutions-EC23": "It is the door; the web ACL and API keys stand behind it."})
        self.balancer = self._balancer(stage, boundary)
        self.target_group = elbv2.ApplicationTargetGroup(
            self,
            "Tasks",
            vpc=boundary.vpc,
            port=PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.IP,
            deregistration_delay=Duration.seconds(30),
            # A request of many windows takes long: the next goes to who has least to do.
            load_balancing_algorithm_type=elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            health_check=elbv2.HealthCheck(
                path=HEALTH, healthy_http_codes="200", interval=Duration.seconds(10), timeout=Duration.seconds(5)
            ),
        )
        self._listen(domain)
        if domain.hosted_zone_id and domain.hosted_zone_name:
            self._record(domain, domain.hosted_zone_id, domain.hosted_zone_name)

    def _balancer(self, stage: PalierStage, boundary: Boundary) -> elbv2.ApplicationLoadBalancer:
        balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=boundary.vpc,
            vpc_subnets=boundary.edge,
            internet_facing=True,
            security_group=self.group,
            idle_timeout=_IDLE_TIMEOUT,
            drop_invalid_header_fields=True,
            deletion_protection=stage.retention.removal == "retain",
        )
        # log_access_logs() asks for a region, of which no template here knows.
        balancer.set_attribute("access_logs.s3.enabled", "true")
        balancer.set_attribute("access_logs.s3.bucket", self.access_log.bucket_name)
        # Made before the policy, it could not write into the bucket, and would not be made at all.
        policy = self.access_log.policy
        if policy is not None:
            balancer.node.add_dependency(policy)
        return balancer

    def _listen(self, domain: Domain) -> None:
        listener = self.balancer.add_listener(
            "Tls",
            port=_TLS,
            protocol=elbv2.ApplicationProtocol.HTTPS,
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
            certificates=[acm.Certificate.from_certificate_arn(self, "Certificate", domain.certificate_arn)],
            open=False,
            default_action=elbv2.ListenerAction.fixed_response(
                404, content_type="application/json", message_body=json.dumps(error_body("not_found", _NOT_FOUND))
            ),
        )
        patterns = paths()
        for number, first in enumerate(range(0, len(patterns), _PATHS_A_RULE), start=1):
            listener.add_target_groups(
                f"Paths{number}",
                priority=number,
                conditions=[elbv2.ListenerCondition.path_patterns(patterns[first : first + _PATHS_A_RULE])],
                target_groups=[self.target_group],
            )

    def _record(self, domain: Domain, zone_id: str, zone_name: str) -> None:
        zone = route53.HostedZone.from_hosted_zone_attributes(self, "Zone", hosted_zone_id=zone_id, zone_name=zone_name)
        route53.ARecord(
            self,
            "Record",
            zone=zone,
            record_name=f"{balancer_name(domain)}.",
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer)),
        )

    def _access_log(self, retention: Retention) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLog",
            # Balancers write into buckets under S3's own keys only.
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(retention.log_days))],
            removal_policy=removal_policy(retention),
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
        )
        account = Stack.of(self).account
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"AWSLogs/{account}/*")],
                principals=[iam.ServicePrincipal(_LOG_WRITER)],
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            )
        )
        acknowledge(bucket, {"AwsSolutions-S1": "This bucket is the access log; a log of it would never end."})
        return bucket

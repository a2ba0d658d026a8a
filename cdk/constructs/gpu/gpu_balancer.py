"""The load balancer before the tasks: TLS only, the paths of inference only, every request logged."""

import re

from aws_cdk import Aws, Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.api.own_domain import add_record
from cdk.constructs.error_body import error_body
from cdk.constructs.gpu.gpu_task import HEALTH_PATH, PORT
from cdk.constructs.network.boundary import Boundary, closed_group
from cdk.constructs.policies import services_of_account
from cdk.constructs.retention import access_log_bucket
from cdk.functions import INFERENCE
from cdk.resource_names import balancer_name
from cdk.stage_parts import Domain, Retention
from cdk.stages import Stage

# One rule of a listener compares with five values at most.
_PATHS_A_RULE = 5
_TLS = 443
# As long as the container gives a request (PALIER_DEADLINE_MS), and a little.
_IDLE_TIMEOUT = Duration.seconds(35)
_NOT_FOUND = "There is nothing at this path; /docs lists what there is."
_LOG_WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"


def inference_path_patterns() -> list[str]:
    """Return the path patterns that are forwarded: those of inference, so neither /metrics nor SageMaker's."""
    named = [route.partition(" ")[2] for route in INFERENCE.routes]
    return list(dict.fromkeys(re.sub(r"{[^}]+}", "*", path) for path in named))


class GpuBalancer(Construct):
    """The balancer of a stage, in the subnets with a route to the internet, with its listener and target group."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage, domain: Domain, boundary: Boundary) -> None:
        super().__init__(scope, id_)
        self.access_log = self._access_log(stage.retention)
        self.group = closed_group(self, "Group", vpc=boundary.vpc, description="The balancer before the GPUs")
        self.group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(_TLS), "Callers, over TLS")
        acknowledge(self.group, {"AwsSolutions-EC23": "It is the door; the web ACL and API keys stand behind it."})
        self.balancer = self._balancer(boundary)
        self.target_group = elbv2.ApplicationTargetGroup(
            self,
            "Tasks",
            vpc=boundary.vpc,
            port=PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.IP,
            deregistration_delay=Duration.seconds(30),
            # A request of many windows takes long, so the next goes to the task with the fewest requests.
            load_balancing_algorithm_type=elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            health_check=elbv2.HealthCheck(
                path=HEALTH_PATH, healthy_http_codes="200", interval=Duration.seconds(10), timeout=Duration.seconds(5)
            ),
        )
        self._listen(domain)
        add_record(self, domain, name=balancer_name(domain.name), target=targets.LoadBalancerTarget(self.balancer))

    def _balancer(self, boundary: Boundary) -> elbv2.ApplicationLoadBalancer:
        balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=boundary.vpc,
            vpc_subnets=boundary.edge,
            internet_facing=True,
            security_group=self.group,
            idle_timeout=_IDLE_TIMEOUT,
            drop_invalid_header_fields=True,
            # It has no state; protected, it would block the removal of a failed first deployment, and every other.
            deletion_protection=False,
        )
        # log_access_logs() needs a region, and no template here names one.
        balancer.set_attribute("access_logs.s3.enabled", "true")
        balancer.set_attribute("access_logs.s3.bucket", self.access_log.bucket_name)
        # Created before the policy it could not write into the bucket, and its creation would fail.
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
                404, content_type="application/json", message_body=error_body("not_found", _NOT_FOUND)
            ),
        )
        patterns = inference_path_patterns()
        for number, first in enumerate(range(0, len(patterns), _PATHS_A_RULE), start=1):
            listener.add_target_groups(
                f"Paths{number}",
                priority=number,
                conditions=[elbv2.ListenerCondition.path_patterns(patterns[first : first + _PATHS_A_RULE])],
                target_groups=[self.target_group],
            )

    def _access_log(self, retention: Retention) -> s3.Bucket:
        bucket = access_log_bucket(self, "AccessLog", retention=retention)
        objects = bucket.arn_for_objects(f"AWSLogs/{Aws.ACCOUNT_ID}/*")
        bucket.add_to_resource_policy(services_of_account([_LOG_WRITER], ["s3:PutObject"], objects))
        return bucket

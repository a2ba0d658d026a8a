"""The HTTP API of a stage: the routes of the REST API at a third of the price, with tokens, without a web ACL."""

import json

from aws_cdk import Aws
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from cdk.acknowledged import acknowledge
from cdk.constructs.api import rest_api
from cdk.constructs.api.own_domain import add_record
from cdk.constructs.retention import log_group
from cdk.resource_names import log_name
from cdk.stage_parts import Domain, Jwt
from cdk.stages import Stage
from cdk.throttles import lower_throttles

# As the REST API's, with the names that HTTP APIs have for the same; no web ACL stands before them.
ACCESS_LOG_FIELDS: dict[str, str] = {
    name: value for name, value in rest_api.ACCESS_LOG_FIELDS.items() if name != "waf_status"
} | {"route": "$context.routeKey", "integration_status": "$context.integrationStatus"}
STAGE = "$default"


class HttpApi(Construct):
    """One HTTP API. Its stage has no name in the path; pages of other origins are answered by the functions."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.access_log = log_group(self, "AccessLog", name=log_name(stage.name, "access"), retention=stage.retention)
        self.api = apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=rest_api.api_name(stage),
            description=f"Palier {stage.name}",
            create_default_stage=False,
            disable_execute_api_endpoint=stage.domain is not None,
        )
        self._authorizer = _authorizer(stage)
        self._integrations: dict[lambda_.IAlias, integrations.HttpLambdaIntegration] = {}
        self._routes: dict[str, apigatewayv2.HttpRoute] = {}
        self._deployment = apigatewayv2.CfnStage(
            self,
            "Deployment",
            api_id=self.api.api_id,
            stage_name=STAGE,
            auto_deploy=True,
            access_log_settings=apigatewayv2.CfnStage.AccessLogSettingsProperty(
                destination_arn=self.access_log.log_group_arn, format=json.dumps(ACCESS_LOG_FIELDS)
            ),
            default_route_settings=apigatewayv2.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=stage.throttle.rate_per_s,
                throttling_burst_limit=stage.throttle.burst,
                detailed_metrics_enabled=False,
            ),
        )
        if stage.domain:
            self._name(stage.domain)
        acknowledge(
            self,
            {"AwsSolutions-APIG4": "Functions check Palier's own API keys; health and docs are open."},
        )

    @property
    def url(self) -> str:
        """Where the API answers, under API Gateway's own name for it."""
        return f"{self.api.api_endpoint}/"

    def origin(self) -> cloudfront.IOrigin:
        """Return the API as CloudFront reaches it."""
        name = f"{self.api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
        return origins.HttpOrigin(name, origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2])

    def route(self, route: str, alias: lambda_.IAlias) -> None:
        """Send the requests of a route, `METHOD /path/{parameter}`, to a function."""
        method, path = route.split(" ")
        self._add(method, path, alias, self._authorizer)
        if self._stage.cors_origins and f"OPTIONS {path}" not in self._routes:
            # A browser's preflight request carries no credentials.
            self._add("OPTIONS", path, alias, apigatewayv2.HttpNoneAuthorizer())

    def limit(self) -> None:
        """Limit the routes of functions that cannot take the stage's limit; called after all routes are added."""
        settings: dict[str, dict[str, float]] = {}
        for spec, throttle in lower_throttles(self._stage):
            limits = {"ThrottlingRateLimit": throttle.rate_per_s, "ThrottlingBurstLimit": throttle.burst}
            settings |= dict.fromkeys(spec.routes, limits)
        if settings:
            self._deployment.add_property_override("RouteSettings", settings)
        # API Gateway refuses settings of a route that does not exist yet.
        self._deployment.node.add_dependency(*self._routes.values())

    def _add(
        self, method: str, path: str, alias: lambda_.IAlias, authorizer: apigatewayv2.IHttpRouteAuthorizer
    ) -> None:
        if alias not in self._integrations:
            self._integrations[alias] = integrations.HttpLambdaIntegration(
                f"Integration{len(self._integrations)}",
                alias,
                payload_format_version=apigatewayv2.PayloadFormatVersion.VERSION_2_0,
                scope_permission_to_route=False,
            )
        self._routes[f"{method} {path}"] = apigatewayv2.HttpRoute(
            self,
            f"{method} {path}",
            http_api=self.api,
            route_key=apigatewayv2.HttpRouteKey.with_(path, apigatewayv2.HttpMethod[method]),
            integration=self._integrations[alias],
            authorizer=authorizer,
        )

    def _name(self, domain: Domain) -> None:
        certificate = acm.Certificate.from_certificate_arn(self, "Certificate", domain.certificate_arn)
        name = apigatewayv2.DomainName(
            self,
            "Name",
            domain_name=domain.name,
            certificate=certificate,
            security_policy=apigatewayv2.SecurityPolicy.TLS_1_2,
        )
        mapping = apigatewayv2.CfnApiMapping(
            self, "Mapping", api_id=self.api.api_id, domain_name=name.name, stage=self._deployment.ref
        )
        mapping.add_resource_dependency(self._deployment)
        target = targets.ApiGatewayv2DomainProperties(name.regional_domain_name, name.regional_hosted_zone_id)
        add_record(self, domain, name=domain.name, target=target)


def _authorizer(stage: Stage) -> apigatewayv2.IHttpRouteAuthorizer:
    authorization = stage.authorization
    if isinstance(authorization, Jwt):
        return authorizers.HttpJwtAuthorizer("Tokens", authorization.issuer, jwt_audience=[*authorization.audience])
    return authorizers.HttpIamAuthorizer() if authorization == "iam" else apigatewayv2.HttpNoneAuthorizer()

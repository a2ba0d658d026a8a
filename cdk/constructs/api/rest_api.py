"""The REST API of a stage: the routes of its functions and no others, throttled, traced and logged."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.acknowledged import acknowledge, managed_policy
from cdk.constructs.api.responses import add_gateway_responses
from cdk.constructs.retention import log_group
from cdk.resource_names import log_name, resource_name
from cdk.stages import Stage
from cdk.throttles import lower_throttles

# Fields of an access log line: neither headers nor query, so neither keys nor data.
ACCESS_LOG_FIELDS: dict[str, str] = {
    "request_id": "$context.requestId",
    "extended_request_id": "$context.extendedRequestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "integration_status": "$context.integration.status",
    "latency_ms": "$context.responseLatency",
    "integration_latency_ms": "$context.integrationLatency",
    "response_bytes": "$context.responseLength",
    "waf_status": "$context.waf.status",
    "error": "$context.error.message",
}


_LOGGING = apigateway.MethodLoggingLevel.ERROR


def methods(routes: Sequence[str], *, cors: bool) -> list[tuple[str, str]]:
    """Return methods and paths of routes, with OPTIONS of each path where pages of other origins may call."""
    named = [(method, path) for method, _, path in (route.partition(" ") for route in routes)]
    return [*named, *(("OPTIONS", path) for path in dict.fromkeys(path for _, path in named) if cors)]


def api_name(stage: Stage) -> str:
    """Return the API's name, which is also the dimension of its metrics."""
    return resource_name(stage.name)


class RestApi(Construct):
    """One REST API; its deployment's stage has the name of Palier's stage."""

    def __init__(self, scope: Construct, id_: str, *, stage: Stage) -> None:
        super().__init__(scope, id_)
        self._stage = stage
        self.access_log = log_group(self, "AccessLog", name=log_name(stage.name, "access"), retention=stage.retention)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=api_name(stage),
            description=f"Palier {stage.name}",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # Recordings are binary, and clients that send no Content-Type exist.
            binary_media_types=["*/*"],
            disable_execute_api_endpoint=stage.domain is not None,
            # One setting for all APIs of an account: removed with one stage, it would stop the logs of the others.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
            deploy_options=self._deployment(),
        )
        self._validator = self.api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        add_gateway_responses(self.api, stage)
        self._keep_execution_log()
        self._acknowledge()

    @property
    def url(self) -> str:
        """Where the API answers, under API Gateway's own name for it."""
        return self.api.url

    def origin(self) -> cloudfront.IOrigin:
        """Return the API as CloudFront reaches it."""
        return origins.RestApiOrigin(self.api)

    def route(self, route: str, alias: lambda_.IAlias) -> None:
        """Send the requests of a route, `METHOD /path/{parameter}`, to a function."""
        method, path = route.split(" ")
        resource = self.api.root.resource_for_path(path)
        self._add(resource, method, path, alias)
        if self._stage.cors_origins and resource.node.try_find_child("OPTIONS") is None:
            self._add(resource, "OPTIONS", path, alias)

    def _add(self, resource: apigateway.IResource, method: str, path: str, alias: lambda_.IAlias) -> None:
        parameters = [name.rstrip("+") for name in re.findall(r"{([^}]+)}", path)]
        resource.add_method(
            method,
            apigateway.LambdaIntegration(alias, scope_permission_to_method=False),
            request_validator=self._validator,
            request_parameters={f"method.request.path.{name}": True for name in parameters},
            authorization_type=self._authorization(method),
        )

    def _authorization(self, method: str) -> apigateway.AuthorizationType:
        # A browser's preflight request carries no credentials.
        signed = self._stage.authorization == "iam" and method != "OPTIONS"
        return apigateway.AuthorizationType.IAM if signed else apigateway.AuthorizationType.NONE

    def _deployment(self) -> apigateway.StageOptions:
        return apigateway.StageOptions(
            stage_name=self._stage.name,
            throttling_rate_limit=self._stage.throttle.rate_per_s,
            throttling_burst_limit=self._stage.throttle.burst,
            method_options=self._method_options(),
            tracing_enabled=True,
            logging_level=_LOGGING,
            # A trace of the data would write recordings and keys into the log.
            data_trace_enabled=False,
            access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG_FIELDS)),
        )

    def _method_options(self) -> dict[str, apigateway.MethodDeploymentOptions]:
        """Return the limits of methods whose functions cannot take the stage's; each repeats the common settings."""
        stage, options = self._stage, {}
        for spec, throttle in lower_throttles(stage):
            for method, path in methods(spec.routes, cors=bool(stage.cors_origins)):
                options[f"{path}/{method}"] = apigateway.MethodDeploymentOptions(
                    throttling_rate_limit=throttle.rate_per_s,
                    throttling_burst_limit=throttle.burst,
                    logging_level=_LOGGING,
                    data_trace_enabled=False,
                )
        return options

    def _keep_execution_log(self) -> None:
        """Make the execution log's group, which API Gateway would otherwise make to be kept for ever."""
        log = log_group(
            self,
            "ExecutionLog",
            name=f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{self._stage.name}",
            # Its name is the API's, which goes with the stack.
            retention=replace(self._stage.retention, removal="destroy"),
        )
        self.api.deployment_stage.node.add_dependency(log)

    def _acknowledge(self) -> None:
        acknowledge(
            self,
            {
                "AwsSolutions-APIG4": "Functions check Palier's own API keys; health and docs are open on purpose.",
                "AwsSolutions-APIG3": "The protection stack associates the web ACL.",
                "AwsSolutions-COG4": "Machines call, not people: API keys instead of a Cognito user pool.",
                managed_policy(
                    "AmazonAPIGatewayPushToCloudWatchLogs"
                ): "AWS's own policy for API Gateway's log role, which is one for the whole account.",
            },
        )

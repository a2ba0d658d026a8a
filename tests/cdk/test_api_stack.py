"""The REST API: the declared routes, throttled, logged without keys, one shape of error, a domain over TLS 1.2."""

import json
import subprocess
from typing import Any

import pytest

from cdk.constructs.api.edge_proof import PROOF_HEADER
from cdk.constructs.api.page_cache import VIEWER_HEADER
from cdk.constructs.api.responses import GATEWAY_RESPONSES
from cdk.functions import FUNCTIONS
from cdk.stages import Stage
from functions.core import errors
from functions.core.http.answers import ErrorAnswer
from tests.cdk.stage_variants import DOMAIN
from tests.cdk.templates import Assembly, Template
from tests.support.waiting import SECONDS

# Source: Amazon CloudFront developer guide, "Use managed cache policies"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORE_CODES = {"too_many_requests", "not_found", "body_too_large", "internal_error", "dependency_unavailable"}
# The errors of the code, by their codes.
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PalierError)]
STATUSES = {kind.code: kind.status for kind in KINDS}


@pytest.fixture
def template(assembly: Assembly, stage: Stage) -> Template:
    return assembly.template(stage.name, "api")


@pytest.fixture
def warm(assembly: Assembly) -> Template:
    return assembly.template("warm", "api")


def path_of(template: Template, resource: dict[str, Any]) -> str:
    if "Fn::GetAtt" in resource:
        return ""
    properties = template.document["Resources"][resource["Ref"]]["Properties"]
    return f"{path_of(template, properties['ParentId'])}/{properties['PathPart']}"


def routes(template: Template) -> dict[str, dict[str, Any]]:
    return {
        f"{one['HttpMethod']} {path_of(template, one['ResourceId']) or '/'}": one
        for one in template.all("AWS::ApiGateway::Method")
    }


def test_methods_are_those_of_the_functions(template: Template, stage: Stage) -> None:
    declared = {route for spec in FUNCTIONS for route in spec.routes}
    preflights = {f"OPTIONS {route.split(' ')[1]}" for route in declared} if stage.cors_origins else set()
    assert set(routes(template)) == declared | preflights


def test_every_method_goes_to_the_alias_and_is_validated(template: Template) -> None:
    for name, method in routes(template).items():
        assert method["Integration"]["Type"] == "AWS_PROXY"
        assert template.document["Resources"][_alias(method)]["Type"] == "AWS::Lambda::Alias"
        assert "RequestValidatorId" in method
        if "{" in name:
            assert list(method["RequestParameters"].values()) == [True]


def _alias(method: dict[str, Any]) -> str:
    (reference,) = [part["Ref"] for part in method["Integration"]["Uri"]["Fn::Join"][1] if "Alias" in str(part)]
    return str(reference)


def test_bodies_are_binary(template: Template) -> None:
    api = template.only("AWS::ApiGateway::RestApi")
    assert api["BinaryMediaTypes"] == ["*/*"]
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["DisableExecuteApiEndpoint"] is False


def test_requests_are_validated(template: Template) -> None:
    validator = template.only("AWS::ApiGateway::RequestValidator")
    assert validator["ValidateRequestBody"] is True
    assert validator["ValidateRequestParameters"] is True


def test_throttles_are_the_stage_s_and_no_body_is_traced(template: Template, stage: Stage) -> None:
    api_stage = template.only("AWS::ApiGateway::Stage")
    (settings,) = [one for one in api_stage["MethodSettings"] if one["HttpMethod"] == "*"]
    assert api_stage["StageName"] == stage.name
    assert api_stage["TracingEnabled"] is True
    assert settings["ThrottlingRateLimit"] == stage.throttle.rate_per_s
    assert settings["ThrottlingBurstLimit"] == stage.throttle.burst
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["DataTraceEnabled"] is False
    assert settings["LoggingLevel"] == "ERROR"


def test_all_methods_at_their_limits_do_not_fill_their_function(template: Template, stage: Stage) -> None:
    """What is above is a 429 of the gateway, never a 500; one instance is left for the smoke test."""
    settings = template.only("AWS::ApiGateway::Stage")["MethodSettings"]
    limits = {
        f"{one['HttpMethod']} {one['ResourcePath'].replace('~1', '/')[1:] or '/'}": one
        for one in settings
        if one["HttpMethod"] != "*"
    }
    assert set(limits) == set(routes(template))
    for spec in FUNCTIONS:
        own = [limits[route] for route in spec.methods(cors=bool(stage.cors_origins))]
        busy = [
            one["ThrottlingBurstLimit"] + one["ThrottlingRateLimit"] * stage.thresholds.latency_slo_p95_ms / 1e3
            for one in own
        ]
        assert round(sum(busy), 6) <= stage.sizes[spec.name].reserved_concurrency - bool(own)
        assert all(one["ThrottlingBurstLimit"] >= 1 and one["ThrottlingRateLimit"] >= 2 for one in own)
        assert all((one["LoggingLevel"], one["DataTraceEnabled"]) == ("ERROR", False) for one in own)


@pytest.mark.parametrize(
    ("route", "limits"),
    [
        ("POST /~1predict", (100, 100)),
        ("POST /~1predict~1batch", (17.8, 16)),
        ("GET /~1health", (4.4, 4)),
        ("POST /~1jobs", (11.6, 10)),
        ("GET /~1dashboard~1{path+}", (18.2, 18)),
    ],
)
def test_methods_of_prod_have_limits_by_their_weights(
    assembly: Assembly, route: str, limits: tuple[float, int]
) -> None:
    settings = assembly.template("prod", "api").only("AWS::ApiGateway::Stage")["MethodSettings"]
    (found,) = [one for one in settings if f"{one['HttpMethod']} {one['ResourcePath']}" == route]
    assert (found["ThrottlingRateLimit"], found["ThrottlingBurstLimit"]) == limits


def test_cloud_front_keeps_the_page_s_files_and_nothing_else(template: Template, warm: Template) -> None:
    assert template.all("AWS::CloudFront::Distribution") == []
    settings = warm.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert settings["DefaultCacheBehavior"]["CachePolicyId"] == CACHING_DISABLED
    assert settings["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    (files,) = settings["CacheBehaviors"]
    assert (files["PathPattern"], files["CachePolicyId"]) == ("/dashboard/assets/*", CACHING_OPTIMIZED)
    for behaviour in (settings["DefaultCacheBehavior"], files):
        assert [one["EventType"] for one in behaviour["FunctionAssociations"]] == ["viewer-request"]
    (origin,) = settings["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == PROOF_HEADER
    assert "{{resolve:secretsmanager:" in json.dumps(header["HeaderValue"])
    assert (origin["DomainName"], origin["CustomOriginConfig"]["OriginProtocolPolicy"]) == (DOMAIN.name, "https-only")
    assert "CachedUrl" in warm.document["Outputs"]


def test_cloud_front_keeps_no_error_and_its_policy_is_of_one_region(warm: Template) -> None:
    """It would answer others with an error of one caller for ten seconds; its policies' names are of all regions."""
    settings = warm.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    kept = {one["ErrorCode"]: one["ErrorCachingMinTTL"] for one in settings["CustomErrorResponses"]}
    assert kept == dict.fromkeys((400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504), 0)
    name = warm.only("AWS::CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]["Name"]
    assert name == {"Fn::Join": ["", ["palier-prod-viewer-", {"Ref": "AWS::Region"}]]}


def test_the_address_that_cloud_front_passes_on_is_the_caller_s_whatever_was_sent(warm: Template) -> None:
    code = warm.only("AWS::CloudFront::Function")["FunctionCode"]
    event = {"viewer": {"ip": "192.0.2.7"}, "request": {"headers": {VIEWER_HEADER: {"value": "198.51.100.1"}}}}
    shown = f"{code}; console.log(JSON.stringify(handler({json.dumps(event)})))"
    done = subprocess.run(["node", "-e", shown], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert json.loads(done.stdout) == {"headers": {VIEWER_HEADER: {"value": "192.0.2.7"}}}
    forwarded = warm.only("AWS::CloudFront::OriginRequestPolicy")["OriginRequestPolicyConfig"]["HeadersConfig"]
    assert forwarded == {"HeaderBehavior": "whitelist", "Headers": [VIEWER_HEADER]}


def test_the_access_log_has_neither_headers_nor_query(template: Template) -> None:
    setting = template.only("AWS::ApiGateway::Stage")["AccessLogSetting"]
    assert "DestinationArn" in setting
    fields = json.loads(setting["Format"])
    assert {"request_id", "status", "latency_ms", "route"} <= set(fields)
    assert not any("header" in value.lower() or "query" in value.lower() for value in fields.values())


def test_the_gateway_s_own_log_ends_and_goes_with_the_stack(template: Template, stage: Stage) -> None:
    (log,) = [
        one
        for one in template.resources("AWS::Logs::LogGroup")
        if "API-Gateway-Execution-Logs_" in json.dumps(one["Properties"]["LogGroupName"])
    ]
    assert log["Properties"]["LogGroupName"]["Fn::Join"][1][-1] == f"/{stage.name}"
    assert log["Properties"]["RetentionInDays"] == stage.retention.log_days
    assert log["DeletionPolicy"] == "Delete"
    (api_stage,) = template.resources("AWS::ApiGateway::Stage")
    names = [template.document["Resources"][one] for one in api_stage["DependsOn"]]
    assert log in names


def test_only_this_api_may_call_the_alias(template: Template) -> None:
    permissions = template.all("AWS::Lambda::Permission")
    assert len(permissions) == len([spec for spec in FUNCTIONS if spec.routes])
    for permission in permissions:
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert template.document["Resources"][permission["FunctionName"]["Ref"]]["Type"] == "AWS::Lambda::Alias"
        assert "RestApi" in json.dumps(permission["SourceArn"])


def test_errors_of_the_gateway_have_the_shape_of_ours(template: Template) -> None:
    responses = {one["ResponseType"]: one for one in template.all("AWS::ApiGateway::GatewayResponse")}
    assert set(responses) == set(GATEWAY_RESPONSES)
    for name, response in responses.items():
        body = json.loads(response["ResponseTemplates"]["application/json"])
        assert tuple(body) == ErrorAnswer.__struct_fields__ == ("error", "code", "field", "request_id")
        status = GATEWAY_RESPONSES[name][0]
        assert response.get("StatusCode") == (str(status) if status else None)
        wants_retry = status in {429, 503}
        assert ("gatewayresponse.header.Retry-After" in response["ResponseParameters"]) is wants_retry
    assert {code for _, code, _ in GATEWAY_RESPONSES.values()} >= CORE_CODES
    assert STATUSES.keys() >= CORE_CODES
    assert all(status in {None, STATUSES.get(code, status)} for status, code, _ in GATEWAY_RESPONSES.values())


def test_a_page_may_read_why_it_was_refused(template: Template, stage: Stage) -> None:
    header = "gatewayresponse.header.Access-Control-Allow-Origin"
    found = {one["ResponseParameters"].get(header) for one in template.all("AWS::ApiGateway::GatewayResponse")}
    assert found == ({"'http://localhost:8000'"} if stage.name == "dev" else {None})


def test_logs_of_the_account_survive_one_stage(template: Template) -> None:
    (account,) = template.resources("AWS::ApiGateway::Account")
    assert account["DeletionPolicy"] == "Retain"


def test_no_domain_unless_one_is_set(template: Template) -> None:
    assert template.all("AWS::ApiGateway::DomainName") == []
    assert template.all("AWS::Route53::RecordSet") == []


def test_a_domain_is_over_tls_1_2_and_the_only_way_in(warm: Template) -> None:
    name = warm.only("AWS::ApiGateway::DomainName")
    assert name["DomainName"] == DOMAIN.name
    assert name["SecurityPolicy"] == "TLS_1_2"
    assert name["RegionalCertificateArn"] == DOMAIN.certificate_arn
    assert warm.only("AWS::ApiGateway::RestApi")["DisableExecuteApiEndpoint"] is True
    assert warm.only("AWS::Route53::RecordSet")["Name"] == f"{DOMAIN.name}."
    (url,) = [one["Value"] for key, one in warm.document["Outputs"].items() if key == "Url"]
    assert url == f"https://{DOMAIN.name}/"

"""The other doors of a stage, HTTP API and function URLs, and the authorization of callers."""

from dataclasses import replace

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template as Assertions

from cdk.constructs.api.edge_proof import PROOF_HEADER, EdgeProof
from cdk.functions import FUNCTIONS
from cdk.refusals import StageError, refuse
from cdk.stage_parts import Jwt
from cdk.stages import Stage
from functions.core.http.asgi import EDGE_HEADER
from tests.cdk.stage_variants import DEV, DOMAIN, GPU, HTTP, PROD, STAGING, URLS
from tests.cdk.templates import Assembly

ROUTES = {route for spec in FUNCTIONS for route in spec.routes}
ANSWERING = {spec.name for spec in FUNCTIONS if spec.routes}
TOKENS = Jwt("https://login.plant.internal/realms/works", ("palier",))


def test_an_http_api_has_the_routes_of_the_functions_and_no_others(assembly: Assembly) -> None:
    routes = {one["RouteKey"] for one in assembly.template("http", "api").all("AWS::ApiGatewayV2::Route")}
    assert routes == ROUTES | {f"OPTIONS {route.partition(' ')[2]}" for route in ROUTES}


def test_every_route_asks_for_a_token_but_what_a_browser_asks_before(assembly: Assembly) -> None:
    template = assembly.template("http", "api")
    asked = {one["RouteKey"]: one["AuthorizationType"] for one in template.all("AWS::ApiGatewayV2::Route")}
    assert {asked[route] for route in ROUTES} == {"JWT"}
    assert {kind for route, kind in asked.items() if route.startswith("OPTIONS")} == {"NONE"}
    tokens = template.only("AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"]
    assert tokens == {"Issuer": TOKENS.issuer, "Audience": ["palier"]}


def test_an_http_api_sends_payload_2_0_through_the_alias_to_each_function_once(assembly: Assembly) -> None:
    sent = assembly.template("http", "api").all("AWS::ApiGatewayV2::Integration")
    assert [one["PayloadFormatVersion"] for one in sent] == ["2.0"] * len(ANSWERING)
    assert all("Ref" in one["IntegrationUri"] for one in sent)


def test_an_http_api_is_throttled_as_its_functions_can_run(assembly: Assembly) -> None:
    template = assembly.template("http", "api")
    (stage,) = template.resources("AWS::ApiGatewayV2::Stage")
    properties = stage["Properties"]
    assert properties["DefaultRouteSettings"]["ThrottlingBurstLimit"] == HTTP.throttle.burst
    limits = properties["RouteSettings"]
    assert limits["POST /jobs"] == {"ThrottlingRateLimit": 7.7, "ThrottlingBurstLimit": 6}
    assert set(limits) == {one["RouteKey"] for one in template.all("AWS::ApiGatewayV2::Route")}
    for spec in FUNCTIONS:
        own = [limits[route] for route in spec.methods(cors=True)]
        busy = sum(one["ThrottlingBurstLimit"] + one["ThrottlingRateLimit"] / 2 for one in own)
        assert round(busy, 6) <= HTTP.sizes[spec.name].reserved_concurrency - bool(own)
    # Settings of a route that is not there yet are refused.
    assert len(stage["DependsOn"]) >= len(ROUTES)
    assert "header" not in properties["AccessLogSettings"]["Format"].lower()


def test_its_domain_is_over_tls_1_2_and_its_own_name_is_closed(assembly: Assembly) -> None:
    template = assembly.template("http", "api")
    assert template.only("AWS::ApiGatewayV2::Api")["DisableExecuteApiEndpoint"] is True
    (name,) = template.only("AWS::ApiGatewayV2::DomainName")["DomainNameConfigurations"]
    assert name["SecurityPolicy"] == "TLS_1_2"
    assert template.only("AWS::Route53::RecordSet")["Name"] == f"{DOMAIN.name}."
    assert len(template.all("AWS::CloudFront::Distribution")) == 1


def test_a_function_url_is_the_alias_s_and_for_who_signs(assembly: Assembly) -> None:
    template = assembly.template("urls", "api")
    urls = template.all("AWS::Lambda::Url")
    assert [(one["AuthType"], one["Qualifier"]) for one in urls] == [("AWS_IAM", "live")] * len(ANSWERING)
    assert template.all("AWS::ApiGateway::RestApi") == []
    assert {"Url", "InferenceUrl", "JobsUrl", "DashboardUrl"} <= template.document["Outputs"].keys()
    # Nobody is let in by the function's own policy: IAM policies of callers decide.
    assert [one for one in template.all("AWS::Lambda::Permission") if one["Principal"] == "*"] == []


def test_behind_cloud_front_an_http_api_answers_nobody_at_its_own_name(assembly: Assembly) -> None:
    """The functions take the secret that CloudFront shows, and take a new one before CloudFront shows it."""
    assert PROOF_HEADER == EDGE_HEADER
    template = assembly.template("http", "api")
    (distribution,) = template.resources("AWS::CloudFront::Distribution")
    (origin,) = distribution["Properties"]["DistributionConfig"]["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == PROOF_HEADER
    shown = header["HeaderValue"]["Fn::Join"][1]
    functions = {
        one["FunctionName"]: one["Environment"]["Variables"] for one in template.all("AWS::Lambda::Function")[1:]
    }
    for name in ANSWERING:
        first, *secret, last = functions[f"palier-prod-{name}"]["PALIER_EDGE_PROOFS"]["Fn::Join"][1]
        assert (f"{first[2:]}", secret, last[:-2]) == (shown[0], shown[1:-1], shown[-1])
    aliases = [name for name, one in template.document["Resources"].items() if one["Type"] == "AWS::Lambda::Alias"]
    assert set(aliases) <= set(distribution["DependsOn"])
    outputs = template.document["Outputs"]
    assert outputs["Url"]["Value"] == outputs["CachedUrl"]["Value"]


def test_the_next_number_makes_another_secret_and_keeps_the_one_before() -> None:
    made = {}
    for number in (1, 2, 3):
        stack = Stack(App(), "secrets")
        EdgeProof(stack, "Edge", stage=replace(HTTP, edge_secret=number))
        secrets = Assertions.from_stack(stack).find_resources("AWS::SecretsManager::Secret")
        made[number] = sorted(one["Properties"]["Name"] for one in secrets.values())
    names = [f"palier/prod/edge-secret-{number}" for number in (1, 2, 3)]
    assert made == {1: names[:1], 2: names[:2], 3: names[1:]}


@pytest.mark.parametrize("name", ["http", "urls"])
def test_without_a_rest_api_there_is_no_web_acl_and_no_alarm_on_one(assembly: Assembly, name: str) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        assembly.template(name, "protection")
    alarms = [one["AlarmName"] for one in assembly.template(name, "observability").all("AWS::CloudWatch::Alarm")]
    assert not [alarm for alarm in alarms if "blocked" in alarm]


@pytest.mark.parametrize(
    ("name", "namespace", "metric"),
    [
        ("http", "AWS/ApiGateway", "5xx"),
        ("urls", "AWS/Lambda", "Url5xxCount"),
        ("signed", "AWS/ApiGateway", "5XXError"),
    ],
)
def test_alarms_watch_what_the_door_counts(assembly: Assembly, name: str, namespace: str, metric: str) -> None:
    alarms = assembly.template(name, "observability").all("AWS::CloudWatch::Alarm")
    (errors,) = [one for one in alarms if one["AlarmName"].endswith("error-rate")]
    watched = [one["MetricStat"]["Metric"] for one in errors["Metrics"] if "MetricStat" in one]
    assert (namespace, metric) in [(one["Namespace"], one["MetricName"]) for one in watched]


def test_a_signed_rest_api_asks_everybody_but_browsers_that_ask_before(assembly: Assembly) -> None:
    methods = assembly.template("signed", "api").all("AWS::ApiGateway::Method")
    assert {one["AuthorizationType"] for one in methods if one["HttpMethod"] == "OPTIONS"} == {"NONE"}
    assert {one["AuthorizationType"] for one in methods if one["HttpMethod"] != "OPTIONS"} == {"AWS_IAM"}


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        (replace(PROD, door="http_api"), "no web ACL can stand before door 'http_api'; set page_cache=True"),
        (replace(PROD, door="function_url", authorization="iam"), "no web ACL can stand before door 'function_url'"),
        (replace(DEV, door="function_url"), "a function URL is open to everybody"),
        (replace(PROD, page_cache=True, authorization="iam"), "callers sign for the name that they call"),
        (replace(PROD, page_cache=True, edge_secret=0), "edge_secret is 0; secrets are numbered from 1"),
        (replace(URLS, domain=DOMAIN), "every function has a URL of its own"),
        (replace(URLS, page_cache=True), "every function has a URL of its own"),
        (replace(STAGING, door="http_api", gpu=GPU, domain=DOMAIN), "the web ACL before the GPUs"),
        (replace(STAGING, authorization=TOKENS), "door 'rest_api' reads no tokens"),
        (replace(DEV, door="http_api", authorization=Jwt("https://example.org", ("a",))), "is no address of an OpenID"),
        (
            replace(DEV, door="http_api", authorization=Jwt("http://login.plant.internal", ("a",))),
            "is no address of an",
        ),
        (replace(DEV, door="http_api", authorization=Jwt(TOKENS.issuer, ())), "a token for any audience"),
    ],
)
def test_what_would_stand_open_is_refused(stage: Stage, sentence: str) -> None:
    with pytest.raises(StageError, match=sentence):
        refuse(stage)


@pytest.mark.parametrize("stage", [HTTP, URLS, replace(DEV, door="http_api"), replace(PROD, authorization="iam")])
def test_what_is_closed_may_be_deployed(stage: Stage) -> None:
    refuse(stage)

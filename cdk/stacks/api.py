"""The functions of a stage, and the API before them; it keeps no state and may be replaced at any time."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.bundle import Bundle
from cdk.constructs.api.edge_proof import EdgeProof
from cdk.constructs.api.function_urls import FunctionUrls
from cdk.constructs.api.http_api import HttpApi
from cdk.constructs.api.own_domain import OwnDomain
from cdk.constructs.api.page_cache import PageCache
from cdk.constructs.api.rest_api import RestApi
from cdk.constructs.api.shift import CanaryShift
from cdk.constructs.api.smoke_test import SmokeTest
from cdk.constructs.lambda_functions.function import Deployment, Function, scale_provisioned_concurrency
from cdk.constructs.lambda_functions.grants import grant, grant_consume
from cdk.constructs.lambda_functions.layers import layer, runtime_of
from cdk.constructs.observability.dashboard import dashboard_name
from cdk.constructs.secrets.key_store import KeyStore
from cdk.functions import FUNCTIONS, INFERENCE, FunctionSpec
from cdk.stacks.data import DataStack
from cdk.stages import Stage

AnyDoor = RestApi | HttpApi | FunctionUrls

# One message at once, so that a worker's crash is attributed to one message.
MESSAGES_AT_ONCE = 1


@dataclass(frozen=True)
class Source:
    """The source of a deployment: a stage, a bundle, and the functions that are deployed."""

    stage: Stage
    bundle: Bundle
    specs: Sequence[FunctionSpec] = FUNCTIONS


class ApiStack(Stack):
    """The functions and the API: everything that answers requests."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        source: Source,
        data: DataStack,
        keys: KeyStore,
    ) -> None:
        stage, bundle = source.stage, source.bundle
        super().__init__(scope, id_, description=f"Palier {stage.name}: functions and API")
        self._stage, self._data, self._keys = stage, data, keys
        self.add_stack_dependency(data)
        layers = {
            kind: layer(self, kind.title(), kind=kind, bundle=bundle, architecture=stage.architecture)
            for kind in ("runtime", "models")
        }
        self.door = _door(self, stage)
        self.edge_proof = EdgeProof(self, "Edge", stage=stage) if stage.page_cache else None
        shifts = stage.shift != "all_at_once"
        self._smoke_test = SmokeTest(self, "SmokeTest", stage=stage, runtime=runtime_of(bundle)) if shifts else None
        self.functions: dict[str, Function] = {}
        self.aliases: dict[str, lambda_.Alias] = {}
        for spec in source.specs:
            self._add(spec, Deployment(stage, bundle, layers))
        self._open(self.door)

    def _add(self, spec: FunctionSpec, deployment: Deployment) -> None:
        function = Function(
            self, spec.name.title(), spec=spec, deployment=deployment, environment=self._environment(spec)
        )
        self._grant(function, spec)
        alias = function.publish()
        if spec.routes and spec.models and self._stage.provisioned:
            scale_provisioned_concurrency(alias, self._stage.provisioned)
        if spec.routes and self._smoke_test:
            shift = CanaryShift(self, f"{spec.name.title()}Shift", stage=self._stage, name=spec.name, alias=alias)
            self._smoke_test.guard(shift.group, function.function)
        if isinstance(self.door, FunctionUrls):
            if spec.routes:
                self.door.open(spec.name, alias)
        else:
            for route in spec.routes:
                self.door.route(route, alias)
        if spec.consumes:
            self._consume(spec, alias)
        self.functions[spec.name], self.aliases[spec.name] = function, alias

    def _environment(self, spec: FunctionSpec) -> dict[str, str]:
        named = {one.variable: self._data.resources[one.resource].address for one in spec.grants}
        keys = self._keys.environment if spec.reads_keys else {}
        page = self._page_environment() if spec.serves_page else {}
        return named | keys | page | self._edge_environment(spec)

    def _edge_environment(self, spec: FunctionSpec) -> dict[str, str]:
        """Return the secrets of which a function wants one: no web ACL can stand at an HTTP API's own name."""
        if self.edge_proof and isinstance(self.door, HttpApi) and spec.routes:
            return {"PALIER_EDGE_PROOFS": self.edge_proof.setting}
        return {}

    def _page_environment(self) -> dict[str, str]:
        bucket = f"https://{self._data.recordings.bucket.bucket_name}.s3.{self.region}.{self.url_suffix}"
        console = f"https://{self.region}.console.aws.amazon.com/cloudwatch/home?region={self.region}"
        return {
            "PALIER_DASHBOARD_CONNECT_SOURCES": f'["{bucket}"]',
            "PALIER_DASHBOARD_METRICS_URL": f"{console}#dashboards:name={dashboard_name(self._stage.name)}",
        }

    def _grant(self, function: Function, spec: FunctionSpec) -> None:
        if spec.reads_keys:
            self._keys.grant_read(function.role)
        for one in spec.grants:
            grant(function, self._data.resources[one.resource], one.access)
        if spec.consumes:
            grant_consume(function, self._data.resources["queue"])

    def _consume(self, spec: FunctionSpec, alias: lambda_.Alias) -> None:
        lambda_.EventSourceMapping(
            self,
            f"{spec.name.title()}Jobs",
            target=alias,
            event_source_arn=self._data.jobs.queue.queue_arn,
            batch_size=MESSAGES_AT_ONCE,
            report_batch_item_failures=True,
            max_concurrency=self._stage.sizes[spec.name].reserved_concurrency,
        )

    def _open(self, door: AnyDoor) -> None:
        stage = self._stage
        if isinstance(door, FunctionUrls):
            CfnOutput(self, "Url", value=door.urls[INFERENCE.name].url, description="Where diagnoses are made")
            return
        if isinstance(door, HttpApi):
            door.limit()
        elif stage.domain:
            OwnDomain(self, "Domain", domain=stage.domain, api=door.api)
        url = f"https://{stage.domain.name}/" if stage.domain else door.url
        if self.edge_proof:
            cached = self._cache(door, self.edge_proof)
            # Functions of an HTTP API answer nobody who comes past CloudFront.
            url = cached if isinstance(door, HttpApi) else url
        CfnOutput(self, "Url", value=url, description="Where the API answers")

    def _cache(self, door: RestApi | HttpApi, proof: EdgeProof) -> str:
        """Put CloudFront before the API; returns where it answers."""
        cache = PageCache(self, "PageCache", stage=self._stage, api=door, proof=proof)
        # The functions must take a new secret before CloudFront shows it.
        cache.distribution.node.add_dependency(*self.aliases.values())
        url = f"https://{cache.distribution.distribution_domain_name}/"
        CfnOutput(self, "CachedUrl", value=url, description="Where CloudFront answers")
        return url


def _door(scope: Construct, stage: Stage) -> AnyDoor:
    if stage.door == "function_url":
        return FunctionUrls(scope, "Urls")
    return HttpApi(scope, "Http", stage=stage) if stage.door == "http_api" else RestApi(scope, "Rest", stage=stage)

"""The CDK app: `-c stage=NAME` composes one stage, without it all; `-c bundle=DIR` names the bundle's folder.

With `-c repository=OWNER/NAME` it composes the roles of that repository's pipeline, in the stages' account;
`-c provider=there` where that account knows GitHub's identities already.
With `-c removing=yes` the stacks are empty, and nothing is read that only a deployment needs.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from aws_cdk import App, Stack, Tags
from constructs import Construct

from cdk.alarm_thresholds import Receiver
from cdk.bundle import Bundle, BundleError
from cdk.constructs.api.edge_proof import secrets_by_name
from cdk.constructs.api.function_urls import FunctionUrls
from cdk.constructs.api.http_api import HttpApi
from cdk.constructs.api.rest_api import RestApi, api_name
from cdk.constructs.gpu.gpu_metrics import gpu_memory_percent
from cdk.constructs.observability.door_metrics import DoorMetrics, function_url_metrics, http_api_metrics
from cdk.constructs.observability.monitored_stage import MonitoredStage
from cdk.constructs.protection.web_acl import web_acl_name
from cdk.functions import INFERENCE, ROTATION
from cdk.refusals import StageError, refuse
from cdk.removal import compose_removal
from cdk.resource_names import COST_TAG, resource_name
from cdk.stacks.api import ApiStack, Source
from cdk.stacks.data import DataStack
from cdk.stacks.gpu import GpuStack, Neighbours
from cdk.stacks.network import NetworkStack
from cdk.stacks.observability import ObservabilityStack
from cdk.stacks.pipeline import PipelineStack
from cdk.stacks.protection import ProtectionStack
from cdk.stacks.secrets import SecretsStack
from cdk.stages import STAGES, Stage

ROOT = Path(__file__).resolve().parents[1]
BUNDLE = ROOT / "build"


def feature_flags() -> dict[str, object]:
    """Return the flags of cdk.json, which the CDK's command line would pass."""
    flags: dict[str, object] = json.loads((ROOT / "cdk.json").read_bytes())["context"]
    return flags


def compose(scope: Construct, source: Source) -> dict[str, Stack]:
    """Compose the stacks of one stage, by the last part of their names.

    Raises:
        StageError: the stage must not be deployed.
        BundleError: the bundle is missing or incomplete.
    """
    stage = source.stage
    refuse(stage)
    data = DataStack(scope, resource_name(stage.name, "data"), stage=stage)
    secrets = SecretsStack(scope, resource_name(stage.name, "secrets"), stage=stage, bundle=source.bundle, key=data.key)
    api = ApiStack(scope, resource_name(stage.name, "api"), source=source, data=data, keys=secrets.keys)
    protection = _protection(scope, stage, api)
    network = NetworkStack(scope, resource_name(stage.name, "network"), stage=stage)
    stacks: dict[str, Stack] = {
        "data": data,
        "secrets": secrets,
        "api": api,
        "network": network,
        "observability": ObservabilityStack(
            scope,
            resource_name(stage.name, "observability"),
            monitored=monitored_stage(stage, data, secrets, api),
            thresholds=stage.thresholds,
            receivers=stage.receivers,
        ),
    }
    if protection:
        stacks["protection"] = protection
    if stage.gpu and stage.domain and protection:
        stacks["gpu"] = GpuStack(
            scope,
            resource_name(stage.name, "gpu"),
            stage=stage,
            gpu=stage.gpu,
            domain=stage.domain,
            neighbours=Neighbours(network.boundary, secrets.keys, protection.web_acl),
        )
    for stack in stacks.values():
        Tags.of(stack).add("project", "palier")
        Tags.of(stack).add("stage", stage.name)
        Tags.of(stack).add(COST_TAG, stage.name)
    return stacks


def _protection(scope: Construct, stage: Stage, api: ApiStack) -> ProtectionStack | None:
    # AWS WAF can protect no other door; the refusals decide where a stage may be without.
    if not isinstance(api.door, RestApi):
        return None
    return ProtectionStack(
        scope,
        resource_name(stage.name, "protection"),
        stage=stage,
        api=api.door.api,
        edge_secrets=secrets_by_name(stage) if stage.page_cache else (),
    )


def monitored_stage(stage: Stage, data: DataStack, secrets: SecretsStack, api: ApiStack) -> MonitoredStage:
    """Return the resources of a stage that its alarms and its dashboard monitor."""
    functions = {name: function.function for name, function in api.functions.items()}
    return MonitoredStage(
        stage=stage.name,
        functions={**functions, ROTATION.name: secrets.keys.rotation.function},
        reserved_concurrency=stage.sizes[INFERENCE.name].reserved_concurrency,
        api_name=api_name(stage),
        api_stage=stage.name,
        throttle_rate_per_s=stage.throttle.rate_per_s,
        queue=data.jobs.queue,
        dead_letters=data.jobs.dead_letters,
        web_acl_metric=web_acl_name(stage) if isinstance(api.door, RestApi) else None,
        door=_door_metrics(api),
        alert_rule=data.alerts.rule_dimensions,
        undelivered=data.alerts.undelivered,
        key=data.key,
        tables={name: one.table for name, one in data.tables.items()},
        gpu_memory_percent=gpu_memory_percent(stage.name) if stage.gpu else None,
    )


def _door_metrics(api: ApiStack) -> DoorMetrics | None:
    if isinstance(api.door, HttpApi):
        return http_api_metrics(api.door.api.api_id)
    return (
        function_url_metrics(api.functions[INFERENCE.name].function.function_name)
        if isinstance(api.door, FunctionUrls)
        else None
    )


def stages_in_context(app: App) -> list[Stage]:
    """Return the stages that the context names; `-c receiver=mailto:...` adds a receiver of their alarms.

    Raises:
        StageError: there is no stage of that name.
    """
    name, receiver = app.node.try_get_context("stage"), app.node.try_get_context("receiver")
    _check_stages([name] if name else [])
    chosen = [STAGES[name]] if name else list(STAGES.values())
    added = (Receiver("page", receiver),) if receiver else ()
    return [replace(stage, receivers=(*stage.receivers, *added)) for stage in chosen]


def _stages_of_pipeline(app: App) -> list[str]:
    """Return the names of stages in the context, several separated by commas; all where it has none."""
    name = cast("str | None", app.node.try_get_context("stage"))
    names: list[str] = name.split(",") if name else [*STAGES]
    _check_stages(names)
    return names


def _check_stages(names: Sequence[str]) -> None:
    if unknown := [name for name in names if name not in STAGES]:
        raise StageError(f"There is no stage {unknown[0]!r}; there are {', '.join(STAGES)}.")


def is_chosen(app: App, name: str, word: str) -> bool:
    """Return whether a key of the context is there; it has one word. Raises StageError for any other."""
    given = app.node.try_get_context(name)
    if given not in {None, word}:
        raise StageError(f"The context has {name}={given}; write {name}={word}, or leave it out.")
    return given is not None


def main() -> int:
    """Synthesize the stages of the context; returns 0, or 1 after a line on standard error with the reason."""
    app = App(context=feature_flags())
    folder = cast("str | None", app.node.try_get_context("bundle"))
    try:
        removing = is_chosen(app, "removing", "yes")
        repository = cast("str | None", app.node.try_get_context("repository"))
        if repository:
            PipelineStack(
                app,
                "palier-pipeline",
                repository=repository,
                stages=_stages_of_pipeline(app),
                makes_provider=not is_chosen(app, "provider", "there"),
            )
            app.synth()
            return 0
        for stage in stages_in_context(app):
            if removing:
                compose_removal(app, stage)
                continue
            compose(app, Source(stage, Bundle(Path(folder) if folder else BUNDLE)))
    except (StageError, BundleError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())

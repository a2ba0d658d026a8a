"""The container's app: the inference function's routes, and those of SageMaker and Prometheus beside them."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import onnxruntime
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from functions.container.batching import BatchLimits
from functions.container.engines import batch_sizes, make_engines
from functions.container.errors import MalformedLoadError
from functions.container.multi_model import MultiModel
from functions.container.openapi import document, multi_model_document
from functions.container.presence import Presence
from functions.container.prometheus import PrometheusSink
from functions.container.providers import choose_provider
from functions.container.sagemaker import Invocations
from functions.container.settings import ContainerSettings
from functions.container.warm_up import warm_up, warm_up_all
from functions.container.workers import BatchingWorkers
from functions.core.assets.creation import create_history
from functions.core.assets.recorder import Recorder
from functions.core.http.asgi import create_starlette, require_key
from functions.core.http.workers import Workers
from functions.core.keys.key_stores import KeyStore, key_store
from functions.core.models.engine import cpu_threads
from functions.core.models.models import Engines
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import create_diagnoser
from functions.core.settings import Settings
from functions.inference.app import native_routes
from functions.inference.endpoints import Endpoints
from functions.inference.late_routes import LateRoutes
from functions.inference.v2.endpoints import Endpoints as V2Endpoints
from functions.inference.v2.routes import v2_routes


@dataclass(frozen=True)
class Container:
    """The container: what uvicorn runs, the app inside it, and its warm-up before it listens."""

    served: Presence
    app: Starlette
    invocations: Invocations
    sizes: list[int]
    multi_model: bool = False

    def warm_up(self) -> None:
        """Load every model and run every batch size; a multi-model endpoint may start without a model.

        Raises:
            PalierError: the default model cannot serve.
        """
        warm_up_all(self.invocations.native.diagnoser, self.sizes, default_required=not self.multi_model)


def create_container(settings: Settings, container: ContainerSettings, engines: Engines | None = None) -> Container:
    """Compose the container.

    Args:
        settings: those that every function has.
        container: those that only the container has.
        engines: that models run on; by default those that the settings name.

    Raises:
        ProviderUnavailableError: the execution provider of the settings is not available.
    """
    engines = engines or _engines(settings, container)
    metrics = PrometheusSink()
    workers = _workers(settings, container, metrics)
    sizes = batch_sizes(engines.device, container.batch_max_windows)
    invocations = _invocations(settings, engines, workers)
    metrics.watch_models(invocations.native.diagnoser.models)
    store = key_store(settings)
    multi_model = _multi_model(settings, container, engines, workers, sizes) if container.multi_model else None
    # In the order in which they are tried: the protocol's come first, since their clients send the most requests.
    routes = [*_v2_routes(invocations, store), *_container_routes(invocations, metrics, multi_model, store)]
    app = create_starlette([*routes, *native_routes(invocations.native, store)], settings, [metrics])
    app.state.diagnoser, app.state.key_store = invocations.native.diagnoser, store
    return Container(Presence(app, container.deadline_ms), app, invocations, sizes, container.multi_model)


def _engines(settings: Settings, container: ContainerSettings) -> Engines:
    provider = choose_provider(container.provider, onnxruntime.get_available_providers())
    return make_engines(provider, settings.threads or cpu_threads(), container)


def _workers(settings: Settings, container: ContainerSettings, metrics: PrometheusSink) -> Workers:
    if not container.batching:
        return Workers(settings.max_pending)
    delay_s = container.batch_max_delay_ms / 1e3
    limits = BatchLimits(container.batch_max_windows, delay_s, container.batch_max_queued)
    workers = BatchingWorkers(settings.max_pending, limits, metrics.observe)
    metrics.watch_queue(lambda: workers.queued)
    return workers


def _invocations(settings: Settings, engines: Engines, workers: Workers) -> Invocations:
    history = create_history(settings)
    recorder = Recorder(history) if history else None
    diagnoser = create_diagnoser(settings, engines)
    native = Endpoints(diagnoser, settings, workers, recorder)
    return Invocations(native, V2Endpoints(diagnoser, settings, workers))


def _v2_routes(invocations: Invocations, store: KeyStore | None) -> list[BaseRoute]:
    return [LateRoutes("/v2", lambda: v2_routes(invocations.v2, store))]


def _container_routes(
    invocations: Invocations, metrics: PrometheusSink, multi_model: MultiModel | None, store: KeyStore | None
) -> list[BaseRoute]:
    predict = require_key(store, "predict")
    routes: list[BaseRoute] = [
        Route("/openapi.json", document if multi_model is None else multi_model_document),
        Route("/ping", invocations.ping if multi_model is None else multi_model.ping),
        Route("/invocations", invocations.invocations, methods=["POST"], middleware=predict),
        Route("/metrics", metrics.metrics),
    ]
    if multi_model is None:
        return routes
    read = require_key(store, "read")
    # Before the native ones of the same paths: SageMaker expects its own answers there.
    return [
        *routes,
        Route("/models", multi_model.load, methods=["POST"], middleware=predict),
        Route("/models", multi_model.models, middleware=read),
        Route("/models/{name}", multi_model.model, middleware=read),
        Route("/models/{name}", multi_model.unload, methods=["DELETE"], middleware=predict),
        Route("/models/{name}/invoke", multi_model.invoke, methods=["POST"], middleware=predict),
    ]


def _multi_model(
    settings: Settings, container: ContainerSettings, engines: Engines, workers: Workers, sizes: list[int]
) -> MultiModel:
    def open_package(folder: Path) -> Invocations:
        found = sorted(path.parents[1].name for path in folder.glob("*/*/manifest.json"))
        if len(set(found)) != 1:
            raise MalformedLoadError(f"The folder must hold one package, NAME/VERSION/; it has {len(set(found))}.")
        own = msgspec.structs.replace(settings, models_dir=folder, default_model=found[0])
        invocations = _invocations(own, engines, workers)
        warm_up(invocations.native.diagnoser.load(DiagnosisOptions()), sizes)
        return invocations

    return MultiModel(open_package, container.multi_model_dir, container.max_models, settings.max_body_bytes)

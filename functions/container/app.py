"""The container's app: the inference function's routes, and beside them what a long-running server is asked for."""

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
    """The server: what uvicorn runs, the app inside it, and what must be done before it listens."""

    served: Presence
    app: Starlette
    door: Invocations
    sizes: list[int]
    multi_model: bool = False

    def warm_up(self) -> None:
        """Load every model and run every batch size; a multi-model endpoint may begin without any.

        Raises:
            PalierError: the default model cannot serve.
        """
        warm_up_all(self.door.native.diagnoser, self.sizes, default_required=not self.multi_model)


def create_container(settings: Settings, container: ContainerSettings, engines: Engines | None = None) -> Container:
    """Compose the container.

    Args:
        settings: those every function has.
        container: those it has beside them.
        engines: what models run on; by default as the settings say.

    Raises:
        ProviderUnavailableError: the execution provider that is asked for cannot be had.
    """
    engines = engines or _engines(settings, container)
    metrics = PrometheusSink()
    workers = _workers(settings, container, metrics)
    sizes = batch_sizes(engines.device, container.batch_max_windows)
    door = _door(settings, engines, workers)
    metrics.watch_models(door.native.diagnoser.models)
    store = key_store(settings)
    shelf = _shelf(settings, container, engines, workers, sizes) if container.multi_model else None
    # In the order they are tried: the protocol's come first, for their clients are the busiest.
    routes = [*_v2_routes(door, store), *_container_routes(door, metrics, shelf, store)]
    app = create_starlette([*routes, *native_routes(door.native, store)], settings, [metrics])
    app.state.diagnoser, app.state.key_store = door.native.diagnoser, store
    return Container(Presence(app, container.deadline_ms), app, door, sizes, container.multi_model)


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


def _door(settings: Settings, engines: Engines, workers: Workers) -> Invocations:
    history = create_history(settings)
    recorder = Recorder(history) if history else None
    diagnoser = create_diagnoser(settings, engines)
    native = Endpoints(diagnoser, settings, workers, recorder)
    return Invocations(native, V2Endpoints(diagnoser, settings, workers))


def _v2_routes(door: Invocations, store: KeyStore | None) -> list[BaseRoute]:
    return [LateRoutes("/v2", lambda: v2_routes(door.v2, store))]


def _container_routes(
    door: Invocations, metrics: PrometheusSink, shelf: MultiModel | None, store: KeyStore | None
) -> list[BaseRoute]:
    predict = require_key(store, "predict")
    routes: list[BaseRoute] = [
        Route("/openapi.json", document if shelf is None else multi_model_document),
        Route("/ping", door.ping if shelf is None else shelf.ping),
        Route("/invocations", door.invocations, methods=["POST"], middleware=predict),
        Route("/metrics", metrics.metrics),
    ]
    if shelf is None:
        return routes
    read = require_key(store, "read")
    # Before the native ones of the same paths: SageMaker expects its own answers there.
    return [
        *routes,
        Route("/models", shelf.load, methods=["POST"], middleware=predict),
        Route("/models", shelf.models, middleware=read),
        Route("/models/{name}", shelf.model, middleware=read),
        Route("/models/{name}", shelf.unload, methods=["DELETE"], middleware=predict),
        Route("/models/{name}/invoke", shelf.invoke, methods=["POST"], middleware=predict),
    ]


def _shelf(
    settings: Settings, container: ContainerSettings, engines: Engines, workers: Workers, sizes: list[int]
) -> MultiModel:
    def open_package(folder: Path) -> Invocations:
        found = sorted(path.parents[1].name for path in folder.glob("*/*/manifest.json"))
        if len(set(found)) != 1:
            raise MalformedLoadError(f"The folder must hold one package, NAME/VERSION/; it has {len(set(found))}.")
        own = msgspec.structs.replace(settings, models_dir=folder, default_model=found[0])
        door = _door(own, engines, workers)
        warm_up(door.native.diagnoser.load(DiagnosisOptions()), sizes)
        return door

    return MultiModel(open_package, container.multi_model_dir, container.max_models, settings.max_body_bytes)

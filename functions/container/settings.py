"""Settings that only the container has, read from the environment like those of `functions.core.settings`."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from functions.core.settings import Count, read_struct

# Defaults of variables that the environment does not set: a server takes more than fits into an event of Lambda.
CONTAINER_DEFAULTS = {"PALIER_MAX_PENDING": "256", "PALIER_MAX_BODY_BYTES": "64000000"}

AskedProvider = Literal["auto", "tensorrt", "cuda", "cpu"]


class ContainerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a container, one environment variable each; docs/settings.md documents every field."""

    host: Annotated[str, Meta(description="address to listen on")] = "0.0.0.0"  # noqa: S104 - a container's only network is its own
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    provider: Annotated[AskedProvider, Meta(description="where models run; one that is missing is an error")] = "auto"
    cuda_graphs: Annotated[bool, Meta(description="record each batch size once, then replay it")] = False
    tensorrt_cache_dir: Annotated[Path, Meta(description="engines that TensorRT has built")] = Path(
        "/tmp/palier-tensorrt"  # noqa: S108 - the one writable folder of a read-only root; the image's user owns it
    )
    batching: Annotated[bool, Meta(description="run requests that arrive together, together")] = True
    batch_max_windows: Annotated[int, Meta(ge=1, le=1024)] = 32
    batch_max_delay_ms: Annotated[float, Meta(ge=0, le=1000)] = 0
    batch_max_queued: Annotated[Count, Meta(description="windows that may wait; more get 429")] = 256
    max_head_bytes: Annotated[int, Meta(ge=1024, description="of a request's line and headers")] = 32_768
    head_timeout_s: Annotated[float, Meta(gt=0, description="until a request's head is complete")] = 10
    deadline_ms: Annotated[float, Meta(gt=0, description="a request's, unless it asks for less")] = 30_000
    shutdown_s: Annotated[int, Meta(ge=1, description="to finish what is in work, after SIGTERM")] = 25
    multi_model: Annotated[bool, Meta(description="SageMaker's multi-model contract; set by SageMaker itself")] = False
    multi_model_dir: Annotated[Path, Meta(description="only models below it are loaded")] = Path("/opt/ml/models")
    max_models: Annotated[Count, Meta(description="loaded at once by the multi-model contract")] = 16


def read_container_settings() -> ContainerSettings:
    """Read the container's settings from the environment; raises as `read_struct`."""
    return read_struct(ContainerSettings)

"""The functions of Palier as data: one entry makes its code, role, routes and alarms' dimensions."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["bucket", "table", "queue"]
Access = Literal["read", "write", "read_write", "send"]


@dataclass(frozen=True)
class Grant:
    """What a function may do with one resource of the data stack, and the variable that names it to the function."""

    resource: str
    access: Access
    variable: str


@dataclass(frozen=True)
class FunctionSpec:
    """One function: `routes` are `METHOD /path/{parameter}`; `consumes` says that the queue of jobs drives it."""

    name: str
    handler: str
    routes: tuple[str, ...] = ()
    models: bool = False
    reads_keys: bool = False
    grants: tuple[Grant, ...] = ()
    consumes: bool = False


FUNCTIONS: tuple[FunctionSpec, ...] = (
    FunctionSpec(
        "inference",
        handler="functions.inference.handler.handler",
        routes=(
            "GET /",
            "GET /health",
            "GET /models",
            "GET /models/{name}",
            "GET /models/{name}/proof",
            "GET /model/info",
            "POST /predict",
            "POST /predict/batch",
            "GET /openapi.json",
            "GET /docs",
            "GET /docs/{path+}",
            "GET /v2",
            "GET /v2/{path+}",
            "POST /v2/{path+}",
        ),
        models=True,
        reads_keys=True,
    ),
    FunctionSpec(
        "dashboard",
        handler="functions.dashboard.handler.handler",
        routes=("GET /dashboard", "GET /dashboard/{path+}"),
    ),
)

# Run by Secrets Manager, not by requests: the secrets stack makes it.
ROTATION = FunctionSpec("rotation", handler="functions.rotation.handler.handler")

# Bodies of these routes are recordings.
INFERENCE_PATHS = ("/predict", "/predict/batch", "/jobs", "/v2/models")

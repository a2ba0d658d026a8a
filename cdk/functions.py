"""The functions of Palier as data: code, role, routes and dimensions of alarms are derived from one entry each."""

from dataclasses import dataclass
from typing import Literal

ResourceKind = Literal["bucket", "table", "queue", "bus"]
Access = Literal["read", "read_write", "list", "send", "count"]


@dataclass(frozen=True)
class Grant:
    """A grant: the access of a function to one resource of the data stack, and the variable with its address."""

    resource: str
    access: Access
    variable: str


@dataclass(frozen=True)
class FunctionSpec:
    """One function.

    routes: `METHOD /path/{parameter}`; models: it gets the models layer; consumes: the queue of jobs invokes it;
    serves_page: its settings name the origins that its page may send files to, and the address of the metrics.
    """

    name: str
    handler: str
    routes: tuple[str, ...] = ()
    models: bool = False
    reads_keys: bool = False
    grants: tuple[Grant, ...] = ()
    consumes: bool = False
    serves_page: bool = False


_BUCKET, _QUEUE = "PALIER_JOBS_BUCKET", "PALIER_JOBS_QUEUE_URL"
_HISTORY, _BUS = "PALIER_HISTORY_TABLE", "PALIER_EVENT_BUS"

# Grants of both functions of jobs. Without `list`, S3 answers that an object that is missing is forbidden.
_JOB_GRANTS = (
    Grant("jobs", "read_write", "PALIER_JOBS_TABLE"),
    Grant("recordings", "read_write", _BUCKET),
    Grant("recordings", "list", _BUCKET),
    Grant("queue", "send", _QUEUE),
)
_HISTORY_GRANTS = (Grant("history", "read_write", _HISTORY), Grant("bus", "send", _BUS))

INFERENCE = FunctionSpec(
    "inference",
    handler="functions.inference.handler.handler",
    routes=(
        "GET /",
        "GET /health",
        "GET /models",
        "GET /models/{name}",
        "GET /models/{name}/proof",
        "GET /model/info",
        "GET /bearings",
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
    grants=_HISTORY_GRANTS,
)

JOBS = FunctionSpec(
    "jobs",
    handler="functions.jobs.handler.handler",
    routes=(
        "POST /jobs",
        "GET /jobs",
        "GET /jobs/{job_id}",
        "DELETE /jobs/{job_id}",
        "POST /jobs/{job_id}/start",
        "GET /jobs/{job_id}/results",
        "GET /assets",
        "GET /assets/{asset_id}/history",
    ),
    reads_keys=True,
    grants=(
        *_JOB_GRANTS,
        Grant("queue", "count", _QUEUE),
        Grant("dead_letters", "count", "PALIER_JOBS_DEAD_LETTER_QUEUE_URL"),
        Grant("history", "read", _HISTORY),
    ),
)

WORKER = FunctionSpec(
    "worker",
    handler="functions.worker.handler.handler",
    models=True,
    grants=(*_JOB_GRANTS, *_HISTORY_GRANTS),
    consumes=True,
)

DASHBOARD = FunctionSpec(
    "dashboard",
    handler="functions.dashboard.handler.handler",
    routes=("GET /dashboard", "GET /dashboard/{path+}"),
    serves_page=True,
)

FUNCTIONS = (INFERENCE, JOBS, WORKER, DASHBOARD)

# Secrets Manager invokes it, not requests: the secrets stack makes it.
ROTATION = FunctionSpec("rotation", handler="functions.rotation.handler.handler")

# Bodies of these routes are recordings.
PATHS_WITH_RECORDINGS = ("/predict", "/predict/batch", "/jobs", "/v2/models")

"""The table of servers that are compared: how each starts, and its requests."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from build_scripts.benchmarks.peers.environments import ROOT, Environment
from functions.core.preprocessing.arrays import Float32Array

# Modules, run where the project is on the path and nothing else of it is installed.
SERVERS = "build_scripts.benchmarks.peers.servers"
# PyTriton runs a Python function within a Python of the patch level that it was built for: Debian 12's.
DEBIAN_PYTHON = "/usr/bin/python3"

Body = Literal["json", "binary"]


@dataclass(frozen=True)
class Start:
    """The place of a server: programs of its environment, the model file, its port, a folder of its own."""

    programs: Path
    model: Path
    port: int
    folder: Path


@dataclass(frozen=True)
class Ask:
    """A request: path, headers, and its body, made of a window float32 [T]."""

    path: str
    headers: Mapping[str, str]
    body: Callable[[Float32Array], bytes]


@dataclass(frozen=True)
class Peer:
    """One server.

    Args:
        label: what the page calls it; `{version}` is that of its package.
        environment: what it runs in.
        command: its program and arguments.
        asks: by the kind of body; a kind it does not take is missing.
        variables: further environment variables.
    """

    label: str
    environment: Environment
    command: Callable[[Start], Sequence[str]]
    asks: Mapping[Body, Ask]
    variables: Callable[[Start], Mapping[str, str]] = field(default=lambda _: {})


def _signal(window: Float32Array) -> bytes:
    return json.dumps({"signal": _numbers(window)}).encode()


def _tensor(window: Float32Array) -> bytes:
    return json.dumps({"inputs": [_head(window) | {"data": _numbers(window)}]}).encode()


def _raw(window: Float32Array) -> bytes:
    return window.astype("<f4").tobytes()


def _binary_tensor(window: Float32Array) -> bytes:
    return _binary_head(window) + _raw(window)


def _binary_head(window: Float32Array) -> bytes:
    sized = _head(window) | {"parameters": {"binary_data_size": window.nbytes}}
    return json.dumps({"inputs": [sized]}).encode()


def _head(window: Float32Array) -> dict[str, Any]:
    return {"name": "signal", "shape": [1, 1, len(window)], "datatype": "FP32"}


def _numbers(window: Float32Array) -> list[float]:
    # Six digits, as sensors have at most.
    return [round(one, 6) for one in window.tolist()]


_JSON = {"content-type": "application/json"}
_OCTETS = {"content-type": "application/octet-stream"}
_PREDICT = Ask("/predict", _JSON, _signal)


def _v2(model: str) -> dict[Body, Ask]:
    path = f"/v2/models/{model}/infer"
    return {"json": Ask(path, _JSON, _tensor), "binary": Ask(path, _OCTETS, _binary_tensor)}


def _script(name: str) -> Callable[[Start], Sequence[str]]:
    return lambda start: (
        str(start.programs / "python"), "-m", f"{SERVERS}.{name}", str(start.model), str(start.port)
    )  # fmt: skip


def _palier(*command: str) -> Callable[[Start], Sequence[str]]:
    return lambda start: (str(start.programs / "python"), *command)


def _local_server(start: Start) -> Sequence[str]:
    return (*_palier(str(ROOT / "local_server.py"), "--port")(start), str(start.port))


def _container_variables(start: Start) -> Mapping[str, str]:
    return {
        "PALIER_HOST": "127.0.0.1",
        "PALIER_PORT": str(start.port),
        "PALIER_API_KEYS_REQUIRED": "false",
        "PALIER_LOG_LEVEL": "WARNING",
        "PALIER_PROVIDER": "cpu",
    }


def _bentoml(start: Start) -> Sequence[str]:
    service = f"{SERVERS}.bentoml_service:Diagnosis"
    return (str(start.programs / "bentoml"), "serve", service, "--port", str(start.port))


def _kserve(start: Start) -> Sequence[str]:
    module = f"{SERVERS}.kserve_server"
    return (str(start.programs / "python"), "-m", module, str(start.model), "--http_port", str(start.port))


def _mlserver(start: Start) -> Sequence[str]:
    """Write the settings that MLServer reads; more ports than one it has anyway."""
    ports = {"http_port": start.port, "grpc_port": start.port + 1, "metrics_port": start.port + 2}
    settings = {"host": "127.0.0.1", **ports, "parallel_workers": 0, "debug": False}
    model = {
        "name": "diagnosis",
        "implementation": f"{SERVERS}.mlserver_model.Diagnosis",
        "parameters": {"uri": str(start.model)},
    }
    (start.folder / "settings.json").write_text(json.dumps(settings))
    (start.folder / "model-settings.json").write_text(json.dumps(model))
    return (str(start.programs / "mlserver"), "start", str(start.folder))


_HERE = Environment("fastapi", "peers/fastapi.txt")
_SERVE = Environment("palier", "serve.txt")
ENGINES = Environment("engines", "peers/engines.txt")
LOCAL, AGAIN = "local_server", "local_server_again"

PEERS: Mapping[str, Peer] = {
    LOCAL: Peer("`local_server.py`", _SERVE, _local_server, {"json": _PREDICT, "binary": _v2("MODEL")["binary"]}),
    "container": Peer(
        "the container",
        Environment("container", "container.txt"),
        _palier("-m", "functions.container", "serve"),
        {"json": _PREDICT, "binary": _v2("MODEL")["binary"]},
        _container_variables,
    ),
    "fastapi_raw": Peer(
        "FastAPI {version}, raw JSON into NumPy",
        _HERE,
        _script("fastapi_raw"),
        {"json": _PREDICT, "binary": Ask("/binary", _OCTETS, _raw)},
    ),
    "fastapi_list": Peer("FastAPI {version}, `list[float]`", _HERE, _script("fastapi_list"), {"json": _PREDICT}),
    "litserve": Peer(
        "LitServe {version}",
        Environment("litserve", "peers/litserve.txt"),
        _script("litserve_server"),
        {"json": _PREDICT},
    ),
    "bentoml": Peer(
        "BentoML {version}",
        Environment("bentoml", "peers/bentoml.txt"),
        _bentoml,
        {"json": _PREDICT},
        lambda start: {"PEER_MODEL": str(start.model), "BENTOML_DO_NOT_TRACK": "True"},
    ),
    "mlserver": Peer(
        "MLServer {version}",
        Environment("mlserver", "peers/mlserver.txt"),
        _mlserver,
        {"json": _v2("diagnosis")["json"]},
    ),
    "kserve": Peer(
        "KServe's server {version}",
        Environment("kserve", "peers/kserve.txt"),
        _kserve,
        _v2("diagnosis"),
    ),
    "ray": Peer(
        "Ray Serve {version}",
        Environment("ray", "peers/ray.txt"),
        _script("ray_server"),
        {"json": _PREDICT, "binary": Ask("/predict", _OCTETS, _raw)},
    ),
    "triton": Peer(
        "Triton by PyTriton {version}",
        Environment("triton", "peers/triton.txt", DEBIAN_PYTHON),
        _script("triton_server"),
        _v2("diagnosis"),
    ),
    AGAIN: Peer(
        "`local_server.py` again (noise)",
        _SERVE,
        _local_server,
        {"json": _PREDICT, "binary": _v2("MODEL")["binary"]},
    ),
}


def headers_of(ask: Ask, window: Float32Array) -> dict[str, str]:
    """Return the headers of a request; a binary tensor names the length of its JSON."""
    if ask.body is _binary_tensor:
        return {**ask.headers, "Inference-Header-Content-Length": str(len(_binary_head(window)))}
    return dict(ask.headers)


def installable() -> Mapping[str, Peer]:
    """Return the peers whose Python is on this machine."""
    return {name: one for name, one in PEERS.items() if Path(one.environment.python).exists()}

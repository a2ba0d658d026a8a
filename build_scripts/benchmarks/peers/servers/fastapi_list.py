"""The usual recipe: FastAPI, a `list[float]` body, onnxruntime.

Run: `python -m build_scripts.benchmarks.peers.servers.fastapi_list MODEL [PORT]`.

Fair to it: the same model file, one engine thread without spinning, the same uvicorn with uvloop and httptools, and a
synchronous endpoint, so that FastAPI runs it in a worker thread. It does less than Palier: no joining, no novelty.
"""

import os
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from build_scripts.benchmarks.peers.servers.window import diagnose, load


class PredictRequest(BaseModel):
    """One window."""

    signal: list[float]


def create_app(model: Path) -> FastAPI:
    """Return the app for a model file."""
    session = load(model)
    app = FastAPI()

    @app.post("/predict")
    def predict(request: PredictRequest) -> dict[str, Any]:
        return diagnose(session, request.signal)

    return app


def main() -> None:
    """Serve on a port of this machine, a free one unless it is given; the URL is the first line on standard output."""
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with socket.create_server(("127.0.0.1", port)) as listener:
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(create_app(Path(sys.argv[1])), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    main()

"""Ray Serve, as its documentation shows it.

Run: `python ray_server.py MODEL PORT`.
"""

import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import ray
from ray import serve
from starlette.requests import Request

from build_scripts.benchmarks.peers.servers.window import diagnose, load


@serve.deployment(num_replicas=1, ray_actor_options={"num_cpus": 1})
class Diagnosis:
    """A deployment of Ray Serve."""

    def __init__(self, model: str) -> None:
        self.session = load(Path(model))

    async def __call__(self, request: Request) -> dict[str, Any]:
        """Diagnose a window of JSON or float32."""
        if request.headers["content-type"] == "application/octet-stream":
            return diagnose(self.session, np.frombuffer(await request.body(), "<f4"))
        return diagnose(self.session, (await request.json())["signal"])


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"working_dir": None})
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[2])})
    application = Diagnosis.bind(str(Path(sys.argv[1]).resolve()))  # type: ignore[attr-defined]
    serve.run(application, route_prefix="/predict")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    ray.shutdown()

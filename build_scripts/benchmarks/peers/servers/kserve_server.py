"""KServe's model server, as its documentation shows it.

Run: `python kserve_server.py MODEL --http_port PORT`.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

from build_scripts.benchmarks.peers.servers.window import diagnose, load


class Diagnosis(Model):  # type: ignore[misc]
    """A model of KServe."""

    def __init__(self, model: Path) -> None:
        super().__init__("diagnosis")
        self.session = load(model)
        self.ready = True

    def predict(self, payload: InferRequest, headers: dict[str, str] | None = None, **_: Any) -> InferResponse:
        """Diagnose a window of JSON or binary v2."""
        found = diagnose(self.session, payload.inputs[0].as_numpy())
        probabilities = np.asarray([found["probabilities"]])
        output = InferOutput("probabilities", list(probabilities.shape), "FP64")
        output.set_data_from_numpy(probabilities, binary_data=False)
        return InferResponse(payload.id or "", self.name, [output])


if __name__ == "__main__":
    model = Path(sys.argv.pop(1))
    ModelServer(workers=1, enable_grpc=False, access_log_format=None).start([Diagnosis(model)])

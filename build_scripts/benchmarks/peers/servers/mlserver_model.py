"""MLServer's custom runtime, as its documentation shows it; `settings.json` beside it is written by the benchmark.

Run: `mlserver start FOLDER`.
"""

from pathlib import Path

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

from build_scripts.benchmarks.peers.servers.window import diagnose, load


class Diagnosis(MLModel):  # type: ignore[misc]
    """A model of MLServer."""

    async def load(self) -> bool:
        """Load the model."""
        self.session = load(Path(self.settings.parameters.uri))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Diagnose a window."""
        signal = NumpyCodec.decode_input(payload.inputs[0])
        found = diagnose(self.session, signal)
        output = NumpyCodec.encode_output("probabilities", np.asarray([found["probabilities"]]))
        return InferenceResponse(model_name=self.name, outputs=[output])

"""BentoML, as its documentation shows it.

Run: `bentoml serve bentoml_service:Diagnosis --port PORT`, with the model file in PEER_MODEL.
"""

import os
from pathlib import Path
from typing import Any

import bentoml
import numpy as np
from numpy.typing import NDArray

from build_scripts.benchmarks.peers.servers.window import diagnose, load


@bentoml.service(workers=1)
class Diagnosis:
    """A service of BentoML."""

    def __init__(self) -> None:
        self.session = load(Path(os.environ["PEER_MODEL"]))

    @bentoml.api  # type: ignore[untyped-decorator]
    def predict(self, signal: NDArray[np.float32]) -> dict[str, Any]:
        """Diagnose a window of JSON."""
        return diagnose(self.session, signal)

"""LitServe, as its documentation shows it.

Run: `python litserve_server.py MODEL PORT`.
"""

import sys
from pathlib import Path
from typing import Any

import litserve

from build_scripts.benchmarks.peers.servers.window import diagnose, load


class Diagnosis(litserve.LitAPI):  # type: ignore[misc]
    """A model of LitServe."""

    def setup(self, device: str) -> None:
        """Load the model in the worker."""
        self.session = load(Path(sys.argv[1]))

    def decode_request(self, request: dict[str, Any]) -> list[float]:
        """Return the window."""
        signal: list[float] = request["signal"]
        return signal

    def predict(self, signal: list[float]) -> dict[str, Any]:
        """Diagnose it."""
        return diagnose(self.session, signal)

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """Return the answer."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Diagnosis(), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning")

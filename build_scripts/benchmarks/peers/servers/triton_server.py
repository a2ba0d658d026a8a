"""Triton through PyTriton, as its documentation shows it: a Python function behind Triton's own server.

Run: `python triton_server.py MODEL PORT`, by a Python of the patch level that PyTriton was built for.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from build_scripts.benchmarks.peers.servers.window import load, softmax

session = load(Path(sys.argv[1]))


@batch  # type: ignore[untyped-decorator]
def infer(signal: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """Diagnose windows, [B, 1, T]."""
    return {"probabilities": softmax(np.asarray(session.run(["logits"], {"signal": signal})[0]))}


if __name__ == "__main__":
    config = TritonConfig(
        http_address="127.0.0.1", http_port=int(sys.argv[2]), allow_grpc=False, allow_metrics=False, log_verbose=0
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name="diagnosis",
            infer_func=infer,
            inputs=[Tensor(name="signal", dtype=np.float32, shape=(1, -1))],
            outputs=[Tensor(name="probabilities", dtype=np.float64, shape=(-1,))],
            config=ModelConfig(max_batch_size=64, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        )
        triton.serve()

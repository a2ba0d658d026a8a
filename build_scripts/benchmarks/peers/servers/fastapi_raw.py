"""FastAPI as fast as it goes: the body is parsed by orjson straight into NumPy, without a model of pydantic.

Run: `python fastapi_raw.py MODEL PORT`.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import uvicorn
from fastapi import FastAPI, Request

from build_scripts.benchmarks.peers.servers.window import diagnose, load

session = load(Path(sys.argv[1]))
app = FastAPI()


@app.post("/predict")
async def predict(request: Request) -> dict[str, Any]:
    """Diagnose a window of JSON."""
    return diagnose(session, orjson.loads(await request.body())["signal"])


@app.post("/binary")
async def binary(request: Request) -> dict[str, Any]:
    """Diagnose a window of float32."""
    return diagnose(session, np.frombuffer(await request.body(), "<f4"))


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)

"""The usual recipe for Lambda: FastAPI, Mangum, onnxruntime, the model loaded while the module loads.

Fair to it: the same model file, one engine thread, no lifespan. It does less than Palier: one content type, no keys, no
joining of windows, no novelty.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from fastapi import FastAPI, Request
from mangum import Mangum
from pydantic import BaseModel

MODEL = next(Path(os.environ["PALIER_MODELS_DIR"]).glob("journal-bearing/*/*.onnx"))
WINDOW = 20480
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
app = FastAPI()


class Diagnosis(BaseModel):
    """The answer."""

    predicted_class: int
    probabilities: list[float]


@app.post("/predict")
async def predict(request: Request) -> Diagnosis:
    """Diagnose the first window of a body of float32."""
    signal = np.frombuffer(await request.body(), "<f4")
    logits: Any = session.run(["logits"], {"signal": signal[:WINDOW].reshape(1, 1, -1)})[0][0]
    weights = np.exp(logits - logits.max())
    return Diagnosis(predicted_class=int(logits.argmax()), probabilities=(weights / weights.sum()).tolist())


handler = Mangum(app, lifespan="off")

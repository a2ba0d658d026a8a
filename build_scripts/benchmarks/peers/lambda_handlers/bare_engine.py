"""The least a handler with onnxruntime can be: no framework, no checks, no keys, one model, one content type."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

MODEL = next(Path(os.environ["PALIER_MODELS_DIR"]).glob("journal-bearing/*/*.onnx"))
WINDOW = 20480
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer with the class of the first window of a base64 body of float32."""
    signal = np.frombuffer(base64.b64decode(event["body"]), "<f4")
    logits = session.run(["logits"], {"signal": signal[:WINDOW].reshape(1, 1, -1)})[0][0]
    answer = {"predicted_class": int(logits.argmax())}
    return {"statusCode": 200, "headers": {}, "body": json.dumps(answer), "isBase64Encoded": False}

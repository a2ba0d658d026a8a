"""Run by the layers' Python: one request to the handler of an unpacked bundle; prints status and class."""

import base64
import json
import os
import sys
from pathlib import Path

root = Path(sys.argv[1])
sys.path[:0] = [str(root), str(root / "python")]
os.environ |= {"PALIER_MODELS_DIR": str(root / "models"), "PALIER_API_KEYS_REQUIRED": "false"}

from functions.inference.handler import handler  # noqa: E402 - the path and the settings come first

RECORDING = Path(__file__).resolve().parents[3] / "docs" / "examples" / "clearance.wav"
EVENT = {
    "resource": "/predict",
    "path": "/predict",
    "httpMethod": "POST",
    "headers": {"content-type": "audio/wav"},
    "multiValueHeaders": {"content-type": ["audio/wav"]},
    "queryStringParameters": {"full_scale": "4"},
    "multiValueQueryStringParameters": {"full_scale": ["4"]},
    "requestContext": {"requestId": "1", "identity": {"sourceIp": "192.0.2.1"}},
    "body": base64.b64encode(RECORDING.read_bytes()).decode(),
    "isBase64Encoded": True,
}

answer = handler(EVENT, None)
sys.stdout.write(f"{answer['statusCode']} {json.loads(answer['body'])['class_id']}\n")

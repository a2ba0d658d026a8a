"""Asks a server through KServe's own client; runs in the environment of that client, which is not this one.

Standard input: {"url": ..., "rows": [[...], ...]}, windows of one channel for the model `tiny`. Standard output: one
JSON object of what the client returned.
"""

import asyncio
import json
import sys
from typing import Any

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


def request(windows: Any, *, binary: bool, binary_output: bool) -> InferRequest:
    tensor = InferInput("signal", list(windows.shape), "FP32")
    tensor.set_data_from_numpy(windows, binary_data=binary)
    outputs = [RequestedOutput(name, {"binary_data": binary_output}) for name in ("logits", "probabilities")]
    return InferRequest("tiny", [tensor], request_id="42", request_outputs=outputs)


async def infer(client: InferenceRESTClient, url: str, asked: InferRequest) -> dict[str, Any]:
    headers: dict[str, str] = {}
    answer = await client.infer(url, asked, model_name="tiny", response_headers=headers)
    return {
        "id": answer.id,
        "model_name": answer.model_name,
        "header": headers.get("inference-header-content-length"),
        "outputs": {output.name: output.as_numpy().tolist() for output in answer.outputs},
    }


async def failure(client: InferenceRESTClient, url: str, asked: InferRequest, model: str) -> dict[str, Any]:
    try:
        await client.infer(url, asked, model_name=model)
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "text": str(error)}
    return {}


async def main() -> dict[str, Any]:
    given = json.load(sys.stdin)
    url, windows = given["url"], np.array(given["rows"], dtype=np.float32)[:, np.newaxis]
    async with InferenceRESTClient(RESTConfig(protocol="v2", timeout=30)) as client:
        answers = {
            f"{'binary' if binary else 'json'} to {'binary' if output else 'json'}": await infer(
                client, url, request(windows, binary=binary, binary_output=output)
            )
            for binary in (True, False)
            for output in (True, False)
        }
        good = request(windows, binary=True, binary_output=False)
        short = request(windows[:, :, :4], binary=False, binary_output=False)
        return {
            "live": await client.is_server_live(url),
            "ready": await client.is_server_ready(url),
            "model_ready": await client.is_model_ready(url, "tiny"),
            "absent_ready": await client.is_model_ready(url, "absent"),
            "answers": answers,
            "absent": await failure(client, url, good, "absent"),
            "short": await failure(client, url, short, "tiny"),
        }


sys.stdout.write(json.dumps(asyncio.run(main())))

"""Lambda's Runtime API, as far as a runtime client uses it.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
"""

import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGEST_PAYLOAD = 6 * 1024 * 1024
PREFIX = "/2018-06-01/runtime"
_ERRORS = {f"{PREFIX}/init/error": "init_error", f"{PREFIX}/restore/error": "restore_error"}


@dataclass(frozen=True)
class RuntimeAct:
    """An act of the runtime: next, snapshot, response, error, init_error, restore_error, exit; timeout: none came."""

    kind: str
    content: dict[str, Any] = field(default_factory=dict)


class RuntimeApi:
    """A server on loopback; `invoke` sends an event, `wait` returns what the runtime does next."""

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.acts: queue.Queue[RuntimeAct] = queue.Queue()
        self.restored = threading.Event()
        self.events: queue.Queue[tuple[str, bytes, float]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def invoke(self, event: object, timeout_s: float) -> str:
        """Give the runtime an event and return the request's id."""
        request_id = str(uuid.uuid4())
        self.events.put((request_id, json.dumps(event).encode(), time.time() + timeout_s))
        return request_id

    def wait(self, timeout_s: float) -> RuntimeAct:
        """Return the runtime's next act, `timeout` if there is none."""
        try:
            return self.acts.get(timeout=timeout_s)
        except queue.Empty:
            return RuntimeAct("timeout", {"timeout_s": timeout_s})


class _Handler(BaseHTTPRequestHandler):
    """The API's calls; `api` is set by a class made for each API."""

    api: RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path == f"{PREFIX}/restore/next":
            # A snapshot would be taken here; the answer comes where one is restored.
            self.api.acts.put(RuntimeAct("snapshot"))
            self.api.restored.wait()
            return self._answer(200, b"", {})
        self.api.acts.put(RuntimeAct("next"))
        request_id, event, deadline_s = self.api.events.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline_s * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.api.arn,
            "Content-Type": "application/json",
        }
        return self._answer(200, event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.path.rpartition("/")[2]
        if kind == "response" and len(body) > LARGEST_PAYLOAD:
            refusal = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": f"{len(body)} bytes"}
            self.api.acts.put(RuntimeAct("error", {"error": refusal}))
            return self._answer(413, json.dumps(refusal).encode(), {})
        if kind == "response":
            self.api.acts.put(RuntimeAct("response", {"body": json.loads(body)}))
        else:
            self.api.acts.put(RuntimeAct(_ERRORS.get(self.path, "error"), {"error": json.loads(body)}))
        return self._answer(202, b'{"status":"OK"}', {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing: standard output is the sandbox's."""

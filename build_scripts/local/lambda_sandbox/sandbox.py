"""A running function: started once, invoked any number of times, ended with its namespaces."""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from build_scripts.local.lambda_sandbox.groups import ControlGroups
from build_scripts.local.lambda_sandbox.places import ROOT, Places

SUPERVISOR = "build_scripts.local.lambda_sandbox.supervisor"
UNSHARE = ("unshare", "--mount", "--net", "--pid", "--fork", "--ipc", "--uts", "--kill-child")
LARGEST_REQUEST = 6 * 1024 * 1024
# One processor for each 1,769 MB. Source: AWS Lambda developer guide, "Configure Lambda function memory".
MB_PER_PROCESSOR = 1769


@dataclass(frozen=True)
class Function:
    """A function to run: handler, memory, time-outs and variables; `command` replaces AWS's client.

    Source of the time-out of a start: AWS Lambda developer guide, "Lambda execution environment lifecycle".
    """

    handler: str = "functions.inference.handler.handler"
    memory_mb: int = 1769
    timeout_s: float = 30.0
    init_timeout_s: float = 10.0
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    snap_start: bool = False

    def variables(self) -> dict[str, str]:
        """Return the environment as Lambda sets it, and the function's own."""
        return {
            "AWS_LAMBDA_FUNCTION_NAME": "inference",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if self.snap_start else "on-demand",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "LAMBDA_TASK_ROOT": "/var/task",
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
            "PYTHONPATH": "/var/task:/opt/python:/var/runtime",
            "TZ": ":UTC",
            "ORT_DISABLE_TELEMETRY": "1",
            "PALIER_MODELS_DIR": "/opt/models",
            "_HANDLER": self.handler,
        } | dict(self.environment)


@dataclass(frozen=True)
class Outcome:
    """The outcome of the start or of an invocation: response, error, init_error, timeout or exit, with its figures."""

    kind: str
    content: Mapping[str, Any]

    @property
    def body(self) -> Any:
        """The function's answer."""
        return self.content["body"]

    @property
    def error_type(self) -> str:
        """Type of the error the function reported."""
        return str(self.content["error"]["errorType"])


class Sandbox:
    """One execution environment of a function."""

    def __init__(self, places: Places, function: Function) -> None:
        """Start the function and wait until it asks for its first event, or fails to."""
        self.function = function
        self._name = f"palier-{uuid.uuid4().hex[:12]}"
        self._mount_point = tempfile.TemporaryDirectory(prefix="lambda-")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sandbox
        self._process = subprocess.Popen(
            [*UNSHARE, sys.executable, "-m", SUPERVISOR],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        )
        self.started = self._ask(self._configuration(places))

    def _configuration(self, places: Places) -> dict[str, Any]:
        return {
            "name": self._name,
            "mount_point": self._mount_point.name,
            "places": places.mounts(),
            "command": list(self.function.command or ("-m", "awslambdaric", self.function.handler)),
            "memory_mb": self.function.memory_mb,
            "init_timeout_s": self.function.init_timeout_s,
            "cpu_share": self.function.memory_mb / MB_PER_PROCESSOR,
            "environment": self.function.variables(),
            "arn": "arn:aws:lambda:eu-central-1:123456789012:function:inference",
        }

    def restore(self) -> Outcome:
        """Resume a function with `snap_start` from its snapshot."""
        return self._ask({"restore": True})

    def invoke(self, event: object) -> Outcome:
        """Send the function an event and return the outcome; a time-out or an exit ends the sandbox."""
        size = len(json.dumps(event))
        if size > LARGEST_REQUEST:
            refusal = {"errorType": "RequestEntityTooLargeException", "errorMessage": f"{size} bytes, limit 6 MB"}
            return Outcome("error", {"error": refusal})
        return self._ask({"event": event, "timeout_s": self.function.timeout_s})

    def _ask(self, line: dict[str, Any]) -> Outcome:
        if self._process.stdin is None or self._process.stdout is None:
            raise TypeError("The process has no pipes.")
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        content = json.loads(answer) if answer else {"type": "exit", "log": self.log()[-2000:]}
        return Outcome(content.pop("type"), content)

    def log(self) -> str:
        """Return what the function and its runtime wrote to standard output and error so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def report(self, outcome: Outcome) -> str:
        """Return the line Lambda writes after an invocation."""
        spent, started = outcome.content["duration_ms"], self.started.content["init_ms"]
        return (
            f"REPORT Duration: {spent:.2f} ms Billed Duration: {int(spent + started) + 1} ms "
            f"Memory Size: {self.function.memory_mb} MB Max Memory Used: {outcome.content['max_memory_mb']:.0f} MB "
            f"Init Duration: {started:.2f} ms"
        )

    def close(self) -> None:
        """End the function and remove its control groups."""
        self._process.kill()
        self._process.communicate()
        self._log.close()
        ControlGroups(self._name).remove()
        self._mount_point.cleanup()

    def __enter__(self) -> Self:
        """Return the sandbox."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

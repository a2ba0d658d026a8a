"""A job through the deployed API, queue and worker: a good recording, a corrupt one, one that no worker survives."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import httpx

from build_scripts.local.aws.embedded.access import Access, client_arguments
from build_scripts.local.cloud.command_line import TIMEOUT_S as ANSWER_TIMEOUT_S
from build_scripts.local.cloud.command_line import CdkFailedError
from build_scripts.local.lambda_sandbox.places import ROOT
from cdk.stages import StageName
from functions.core.decoding.formats import CSV, WAV

GOOD = (ROOT / "docs" / "examples" / "clearance.wav").read_bytes()
CORRUPT = b"RIFF" + bytes(40)
# Numbers as few write them, so many that reading them takes several times as long as the worker may.
POISON = b"+0d0\n" * 9_600_000
FILES = {"good.wav": (WAV, GOOD), "corrupt.wav": (WAV, CORRUPT), "poison.csv": (CSV, POISON)}
FINAL = {"succeeded", "partially_failed", "failed", "cancelled"}
# Three deaths, after each of which the message is invisible for six times the worker's time-out.
TIMEOUT_S = 240.0


@dataclass(frozen=True)
class JobOutcome:
    """The outcome of a job; dead: messages in the dead-letter queue; took_s: from its start to its final state."""

    job: dict[str, Any]
    results: list[dict[str, Any]]
    dead: list[dict[str, Any]]
    took_s: float

    def lines(self) -> list[str]:
        """Return the outcome as lines for the terminal."""
        found = [f"  {one['name']}: {_verdict(one)}" for one in self.results]
        counts = f"{self.job['done']} diagnosed, {self.job['failed']} failed, {len(self.dead)} message put aside"
        return [f"job {self.job['state']} after {self.took_s:.0f} s: {counts}", *found]


@dataclass(frozen=True)
class DeployedJobs:
    """The jobs of a stage at the emulator, by a key."""

    access: Access
    api: str
    stage: StageName
    key: str

    def run(self) -> JobOutcome:
        """Upload the files, start the job, wait until it is over and its poison is among the dead letters."""
        job = self.submit()
        began = time.monotonic()
        self.ask("POST", f"/jobs/{job['job_id']}/start")
        job = _until(lambda: self._final(job["job_id"]), "The job does not end.")
        took_s = time.monotonic() - began
        dead = _until(self.dead_letters, "Nothing reaches the dead-letter queue.")
        return JobOutcome(job, self.ask("GET", f"/jobs/{job['job_id']}/results")["results"], dead, took_s)

    def submit(self) -> dict[str, Any]:
        """Make a job of the files and upload them by the forms that come back."""
        uploads = [{"name": name, "content_type": kind} for name, (kind, _) in FILES.items()]
        job = self.ask("POST", "/jobs", json={"uploads": uploads, "full_scale": 4, "asset_id": "press-4"})
        for form, (_, content) in zip(job["uploads"], FILES.values(), strict=True):
            _checked(httpx.post(form["url"], data=form["fields"], files={"file": content}, timeout=ANSWER_TIMEOUT_S))
        return job

    def dead_letters(self) -> list[dict[str, Any]]:
        """Return what lies in the dead-letter queue, without taking it away."""
        sqs = boto3.client("sqs", **client_arguments(self.access))
        lambda_ = boto3.client("lambda", **client_arguments(self.access))
        function = lambda_.get_function_configuration(FunctionName=f"palier-{self.stage}-jobs")
        queue = function["Environment"]["Variables"]["PALIER_JOBS_DEAD_LETTER_QUEUE_URL"]
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        return [json.loads(one["Body"]) for one in found]

    def ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Ask the deployed API, and return what it answers."""
        headers = {"x-api-key": self.key, "accept": "*/*"}
        answer = httpx.request(method, f"{self.api}{path}", headers=headers, timeout=ANSWER_TIMEOUT_S, **request)
        document: dict[str, Any] = _checked(answer).json()
        return document

    def _final(self, job_id: str) -> dict[str, Any] | None:
        job = self.ask("GET", f"/jobs/{job_id}")
        return job if job["state"] in FINAL else None


def _verdict(result: dict[str, Any]) -> str:
    diagnosis = result["diagnosis"]
    return diagnosis["class_name"] if diagnosis else f"{result['error']['code']}: {result['error']['error']}"


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise CdkFailedError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer


def _until(find: Callable[[], Any], otherwise: str) -> Any:
    deadline = time.monotonic() + TIMEOUT_S
    while not (found := find()):
        if time.monotonic() > deadline:
            raise CdkFailedError(otherwise)
        time.sleep(0.5)
    return found

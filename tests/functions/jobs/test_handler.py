"""Both functions as Lambda starts and calls them."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.core.aws.clients import sqs_client
from functions.core.settings import get_settings
from tests.support.aws import in_memory_aws, make_resources, record
from tests.support.emf import read_line
from tests.support.jobs import signal
from tests.support.lambda_function import EVENTS, Context, event_loop_of_the_process


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch, models_dir: Path) -> Iterator[None]:
    with event_loop_of_the_process(), in_memory_aws():
        variables = make_resources() | {"models_dir": str(models_dir), "default_model": "tiny"}
        for name, value in (variables | {"api_keys_required": "false"}).items():
            monkeypatch.setenv(f"PALIER_{name.upper()}", value)
        get_settings.cache_clear()
        yield


def start(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    module = f"functions.{name}.handler"
    monkeypatch.delitem(sys.modules, module, raising=False)
    return importlib.import_module(module)


def request(method: str, path: str, body: Any = None) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "predict_json.json").read_text())
    event |= {"httpMethod": method, "path": path, "resource": path, "body": json.dumps(body) if body else None}
    event["requestContext"] |= {"httpMethod": method, "path": path}
    return event


def test_a_job_through_both_functions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    jobs, worker = start("jobs", monkeypatch), start("worker", monkeypatch)
    taken = jobs.handler(request("POST", "/jobs", {"signals": [signal("high"), signal("low")]}), Context())
    assert taken["statusCode"] == 202, taken["body"]
    job_id = json.loads(taken["body"])["job_id"]
    url = jobs.settings.jobs_queue_url
    messages = sqs_client().receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    event = {"Records": [record(message["Body"]) for message in messages]}
    assert worker.handler(event, Context()) == {"batchItemFailures": []}
    found = jobs.handler(request("GET", f"/jobs/{job_id}"), Context())
    assert (found["statusCode"], json.loads(found["body"])["state"]) == (200, "succeeded")
    documents = [read_line(line) for line in capsys.readouterr().out.splitlines()]
    counted = [one for one in documents if "Endpoint" in one]
    assert [(one["Function"], one["Endpoint"]) for one in counted] == [
        ("jobs", "submit"),
        ("worker", "message"),
        ("jobs", "job"),
    ]
    assert (counted[1]["Requests"], counted[1]["Windows"], counted[1]["ServerErrors"]) == (1, 2, 0)


def test_a_batch_gives_back_what_failed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = start("worker", monkeypatch)
    good = record({"type": "watch", "job_id": "0" * 32}, message_id="good")
    bad = record("not JSON", message_id="bad")
    event = {"Records": [good, bad, good]}
    assert worker.handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}


def test_a_worker_without_jobs_fails_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PALIER_JOBS_TABLE")
    get_settings.cache_clear()
    worker = start("worker", monkeypatch)
    with pytest.raises(Exception, match="not configured"):
        worker.handler({"Records": [record("{}")]}, Context())

"""A webhook over real TLS on loopback: signed, pinned, not redirected, not sent to private addresses."""

import ipaddress
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.core.errors import WebhookRefusedError
from functions.core.jobs.job import Job
from functions.core.jobs.messages import JobQueue, Notify
from functions.worker.timed_socket import Deadline
from functions.worker.webhook import WAITS_S, Webhook, WebhookFailedError, notify, resolve, sign
from tests.support.apps import assert_error
from tests.support.https_receiver import DRIPS, NAME, Place, Receiver, SlowReceiver, dripping, receiving
from tests.support.jobs import Jobs, signal
from tests.support.waiting import SECONDS

SECRET = "a secret of the plant"
LOOPBACK = ipaddress.ip_address("127.0.0.1")


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving(tmp_path) as one:
        monkeypatch.setattr("functions.core.http.addresses._PORTS", {one.port})
        yield one


def hook(receiver: Receiver, **more: Any) -> Webhook:
    """A webhook that finds the receiver on loopback and may go there."""
    defaults: dict[str, Any] = {
        "resolve": lambda host, port: [LOOPBACK],
        "permits": lambda address: True,
        "make_context": receiver.trusting,
        "timeout_s": SECONDS,
    }
    return Webhook(**(defaults | more))


def job(url: str) -> Job:
    return Job(
        "ab" * 16, "everybody", "inline", 2, 0.0, 1.0, 2, state="succeeded", done=2, finished_s=1_800_000_000.0,
        webhook_url=url, webhook_secret=SECRET, webhook_state="pending",
    )  # fmt: skip


def url(receiver: Receiver, path: str = "/hook?x=1", name: str = NAME) -> str:
    return f"https://{name}:{receiver.port}{path}"


def test_the_receiver_can_tell_who_sent_it(receiver: Receiver) -> None:
    hook(receiver).call(job(url(receiver)))
    ((path, headers, body),) = receiver.received
    assert path == "/hook?x=1"
    assert headers["host"] == f"{NAME}:{receiver.port}"
    assert headers["x-palier-delivery"] == "ab" * 16
    sent_s = int(headers["x-palier-timestamp"])
    assert headers["x-palier-signature"] == f"v1={sign(SECRET, sent_s, body)}"
    assert json.loads(body) == {
        "type": "job.finished",
        "job_id": "ab" * 16,
        "state": "succeeded",
        "reason": None,
        "total": 2,
        "done": 2,
        "failed": 0,
        "finished_at": "2027-01-15T08:00:00.000000Z",
    }


def test_a_signature_is_of_time_and_body() -> None:
    # openssl: printf '1.{}' | openssl dgst -sha256 -hmac key
    assert sign("key", 1, b"{}") == "1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"
    assert len({sign("key", 1, b"{}"), sign("key", 2, b"{}"), sign("key", 1, b"[]"), sign("kex", 1, b"{}")}) == 4


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.status, receiver.headers = status, {"location": url(receiver, "/elsewhere")}
    with pytest.raises(WebhookFailedError, match=str(status)):
        hook(receiver).call(job(url(receiver)))
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_anything_but_success_is_a_failure(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(WebhookFailedError):
        hook(receiver).call(job(url(receiver)))


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(receiver: Receiver) -> None:
    inside = hook(receiver, permits=Webhook().permits)
    with pytest.raises(WebhookRefusedError, match=r"127\.0\.0\.1"):
        inside.call(job(url(receiver)))
    assert receiver.received == []


def test_one_inner_address_among_public_ones_is_enough(receiver: Receiver) -> None:
    addresses = [ipaddress.ip_address(one) for one in ("1.1.1.1", "10.0.0.1")]
    mixed = hook(receiver, resolve=lambda host, port: addresses, permits=Webhook().permits)
    with pytest.raises(WebhookRefusedError, match=r"10\.0\.0\.1"):
        mixed.call(job(url(receiver)))


def test_a_name_is_resolved_once(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between check and connection nobody can change where the name leads: it is not asked again."""
    asked: list[str] = []

    def counting(host: str, port: int) -> list[Any]:
        asked.append(host)
        return [LOOPBACK]

    original = socket.getaddrinfo

    def literal_only(host: Any, *arguments: Any, **more: Any) -> Any:
        ipaddress.ip_address(host)
        return original(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", literal_only)
    hook(receiver, resolve=counting).call(job(url(receiver)))
    assert asked == [NAME]


def test_the_certificate_must_be_of_the_name(receiver: Receiver) -> None:
    with pytest.raises(WebhookFailedError, match="SSLCertVerificationError"):
        hook(receiver).call(job(url(receiver, name="other.plant.example")))
    with pytest.raises(WebhookFailedError, match="SSLCertVerificationError"):
        hook(receiver, make_context=Webhook().make_context).call(job(url(receiver)))
    assert receiver.received == []


def test_a_receiver_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("functions.core.http.addresses._PORTS", {port})
            quick = Webhook(lambda host, port: [LOOPBACK], lambda address: True, timeout_s=0.2)
            with pytest.raises(WebhookFailedError, match="TimeoutError"):
                quick.call(job(f"https://{NAME}:{port}/"))


@pytest.mark.parametrize("place", ["handshake", "head"])
def test_a_receiver_that_drips_a_byte_at_a_time_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    with dripping(tmp_path, place) as slow:
        monkeypatch.setattr("functions.core.http.addresses._PORTS", {slow.port})
        with pytest.raises(WebhookFailedError, match="TimeoutError"):
            hook(slow, timeout_s=2.0).call(job(url(slow)))
        assert slow.dripped < DRIPS


def test_a_body_that_drips_is_not_waited_for_either_and_was_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dripping(tmp_path, "body") as slow:
        monkeypatch.setattr("functions.core.http.addresses._PORTS", {slow.port})
        monkeypatch.setattr("functions.worker.webhook.Deadline", lambda timeout_s: UntilDripped(timeout_s, slow))
        hook(slow).call(job(url(slow)))
        assert 2 < slow.dripped < DRIPS


class UntilDripped(Deadline):
    """A deadline that passes with the third byte that drips, however fast this machine is."""

    def __init__(self, timeout_s: float, slow: SlowReceiver) -> None:
        super().__init__(timeout_s)
        object.__setattr__(self, "slow", slow)

    def left_s(self) -> float:
        if self.slow.dripped > 2:  # type: ignore[attr-defined]
            raise TimeoutError
        return super().left_s()


def test_the_time_of_the_look_up_counts_too(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    def begin(timeout_s: float) -> Deadline:
        events.append("deadline")
        return Deadline(timeout_s)

    def look_up(host: str, port: int) -> list[Any]:
        events.append("look-up")
        return [LOOPBACK]

    monkeypatch.setattr("functions.worker.webhook.Deadline", begin)
    hook(receiver, resolve=look_up).call(job(url(receiver)))
    assert events == ["deadline", "look-up"]


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(WebhookFailedError, match="no address"):
        resolve("nowhere.example", 443)


def test_resolving_gives_every_address() -> None:
    assert resolve("127.0.0.1", 443) == [LOOPBACK]


class Scripted(Webhook):
    """A webhook that fails so often, or for good."""

    def __init__(self, *failures: Exception | None) -> None:
        super().__init__()
        object.__setattr__(self, "failures", list(failures))
        object.__setattr__(self, "calls", [])

    def call(self, job: Job) -> None:
        self.calls.append(job.job_id)  # type: ignore[attr-defined]
        failure = self.failures.pop(0)  # type: ignore[attr-defined]
        if failure:
            raise failure


FAILED = WebhookFailedError("The webhook's receiver answered 500.")


async def finished(jobs: Jobs) -> str:
    webhook = {"url": "https://plant.example/hook", "secret": SECRET}
    taken = await jobs.submit(["high"], webhook=webhook)
    assert taken["webhook"] == "pending"
    assert SECRET not in json.dumps(taken)
    jobs.work()
    return str(taken["job_id"])


async def test_a_finished_job_calls_its_webhook_once(jobs: Jobs) -> None:
    job_id = await finished(jobs)
    (message,) = jobs.queue.take("notify")
    webhook = Scripted(None)
    for _ in range(2):
        notify(jobs.service, webhook, Notify(message["job_id"]))
    assert webhook.calls == [job_id]  # type: ignore[attr-defined]
    assert (await jobs.get(f"/jobs/{job_id}"))["webhook"] == "delivered"


async def test_a_failed_call_is_made_again_later_and_not_for_ever(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = await finished(jobs)
    waits: list[float] = []
    original = JobQueue.send

    def noting(queue: JobQueue, messages: Any, delay_s: float = 0) -> None:
        waits.append(delay_s)
        original(queue, messages, delay_s)

    monkeypatch.setattr(JobQueue, "send", noting)
    webhook = Scripted(*[FAILED] * (len(WAITS_S) + 1))
    while messages := jobs.queue.take("notify"):
        (message,) = messages
        notify(jobs.service, webhook, Notify(message["job_id"], message.get("attempt", 1)))
    assert waits == list(WAITS_S)
    assert (await jobs.get(f"/jobs/{job_id}"))["webhook"] == "failed"


async def test_a_refused_webhook_is_not_tried_again(jobs: Jobs) -> None:
    job_id = await finished(jobs)
    notify(jobs.service, Scripted(WebhookRefusedError("inside")), Notify(job_id))
    jobs.queue.take("notify")
    assert jobs.queue.take("notify") == []
    assert (await jobs.get(f"/jobs/{job_id}"))["webhook"] == "refused"


async def test_a_cancelled_job_calls_too(jobs: Jobs) -> None:
    taken = await jobs.submit(["high"], webhook={"url": "https://plant.example/hook", "secret": SECRET})
    await jobs.client.delete(f"/jobs/{taken['job_id']}")
    assert [message["job_id"] for message in jobs.queue.take("notify")] == [taken["job_id"]]


async def test_a_webhook_that_leads_inside_is_refused_at_once(jobs: Jobs) -> None:
    webhook = {"url": "https://169.254.169.254/latest/", "secret": SECRET}
    refused = await jobs.post({"signals": [signal("high")], "webhook": webhook})
    assert_error(refused, 422, "webhook_refused", "webhook.url")


async def test_the_log_holds_no_secret(jobs: Jobs, capsys: pytest.CaptureFixture[str]) -> None:
    job_id = await finished(jobs)
    notify(jobs.service, Scripted(FAILED), Notify(job_id))
    assert SECRET not in "".join(capsys.readouterr())

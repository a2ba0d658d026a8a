"""Calls of webhooks: signed, to public addresses only, without redirects, repeated after a failure."""

import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult

import msgspec

from functions.core.aws.dynamodb import ConditionFailedError, timestamp
from functions.core.errors import PalierError, WebhookRefusedError
from functions.core.http.addresses import Address, check_url, is_public
from functions.core.jobs.job import Job, WebhookState
from functions.core.jobs.messages import Notify
from functions.core.jobs.service import JobService
from functions.core.observability.telemetry import LOGGER
from functions.core.version import VERSION
from functions.worker.timed_socket import Deadline, TimedSocket

# Pauses (s) after failed attempts: about 20 minutes in all.
WAITS_S = (10, 40, 160, 320, 640)
_TIMEOUT_S = 10.0
# Bytes of the answer's body that are read, so that a receiver with a short answer is not cut off.
_MOST_BODY_BYTES = 1024


class WebhookFailedError(PalierError):
    """A call that the receiver did not accept; it may be repeated."""

    code = "webhook_failed"


def sign(secret: str, sent_s: int, body: bytes) -> str:
    """Return the signature of a body sent at a time (epoch seconds): HMAC-SHA256 of `TIME.BODY`, in hex."""
    return hmac.new(secret.encode(), f"{sent_s}.".encode() + body, hashlib.sha256).hexdigest()


def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host.

    Raises:
        WebhookFailedError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise WebhookFailedError(f"The webhook's host {host!r} has no address.") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@dataclass(frozen=True)
class Webhook:
    """Calls webhooks; the host is resolved once, and the connection goes to the address that was checked.

    timeout_s: of a whole call, from the connection to the answer, however slow the receiver is.
    """

    resolve: Callable[[str, int], Sequence[Address]] = resolve
    permits: Callable[[Address], bool] = is_public
    make_context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    timeout_s: float = _TIMEOUT_S

    def call(self, job: Job) -> None:
        """Notify the receiver of a job that is over.

        Raises:
            WebhookRefusedError: its URL or one of its addresses is not public.
            WebhookFailedError: it cannot be reached, or answers anything but 2xx.
        """
        deadline, parts = Deadline(self.timeout_s), check_url(job.webhook_url or "")
        body, sent_s = msgspec.json.encode(notice(job)), int(time.time())
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": f"palier/{VERSION}",
            "X-Palier-Delivery": job.job_id,
            "X-Palier-Timestamp": str(sent_s),
            "X-Palier-Signature": f"v1={sign(job.webhook_secret or '', sent_s, body)}",
        }
        connection = _PinnedConnection(parts, self._address(parts), self.make_context(), deadline)
        status = _post(connection, parts, body, headers)
        if not 200 <= status < 300:
            raise WebhookFailedError(f"The webhook's receiver answered {status}.")

    def _address(self, parts: SplitResult) -> Address:
        host = str(parts.hostname)
        addresses = self.resolve(host, parts.port or 443)
        for address in addresses:
            # All of them are checked: a name that also leads to a private address is not trusted.
            if not self.permits(address):
                raise WebhookRefusedError(f"The webhook's host {host!r} leads to {address}, which is not public.")
        if not addresses:
            raise WebhookFailedError(f"The webhook's host {host!r} has no address.")
        return addresses[0]


class _PinnedConnection(http.client.HTTPSConnection):
    """A connection to one address, with a deadline; the certificate must still be of the host's name."""

    def __init__(self, parts: SplitResult, address: Address, context: ssl.SSLContext, deadline: Deadline) -> None:
        super().__init__(str(parts.hostname), parts.port or 443, context=context)
        self._target = (str(address), self.port)
        self._tls = context
        self._deadline = deadline

    def connect(self) -> None:
        """Connect to the address that was checked, without resolving the name again."""
        with socket.create_connection(self._target, self._deadline.left_s()) as plain:
            plain.settimeout(self._deadline.left_s())
            # The encrypted socket takes over the connection of `plain`.
            encrypted = self._tls.wrap_socket(plain, server_hostname=self.host)
        self.sock = TimedSocket(encrypted, self._deadline)


def _post(connection: _PinnedConnection, parts: SplitResult, body: bytes, headers: dict[str, str]) -> int:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        # The status alone decides whether the receiver accepted it.
        with contextlib.suppress(OSError, http.client.HTTPException):
            response.read(_MOST_BODY_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise WebhookFailedError(f"The webhook's receiver cannot be reached: {type(error).__name__}.") from error
    else:
        return response.status
    finally:
        connection.close()


def notice(job: Job) -> dict[str, object]:
    """Return the body of a webhook's call."""
    return {
        "type": "job.finished",
        "job_id": job.job_id,
        "state": job.state,
        "reason": job.reason,
        "total": job.total,
        "done": job.done,
        "failed": job.failed,
        "finished_at": timestamp(job.finished_s or 0),
    }


def notify(service: JobService, webhook: Webhook, message: Notify) -> None:
    """Call a job's webhook unless that was done; after a failure queue the next attempt.

    Raises:
        DependencyUnavailableError: the table or the queue cannot be reached.
    """
    job = service.table.get(message.job_id)
    if job is None or not job.is_final or job.webhook_state != "pending":
        return
    try:
        webhook.call(job)
    except WebhookRefusedError as error:
        _settle(service, job, "refused", error.message)
    except WebhookFailedError as error:
        if message.attempt > len(WAITS_S):
            _settle(service, job, "failed", error.message)
        else:
            service.queue.send([Notify(job.job_id, message.attempt + 1)], WAITS_S[message.attempt - 1])
    else:
        _settle(service, job, "delivered", None)


def _settle(service: JobService, job: Job, state: WebhookState, reason: str | None) -> None:
    extra = {"job_id": job.job_id, "state": state, "reason": reason}
    LOGGER.log(logging.INFO if state == "delivered" else logging.ERROR, "webhook", extra=extra)
    try:
        service.table.set_webhook(job, state)
    except ConditionFailedError:
        # Another delivery of this message was first.
        return

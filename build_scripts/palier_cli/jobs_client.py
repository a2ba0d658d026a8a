"""The jobs of an endpoint, over HTTP."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from build_scripts.palier_cli.remote import EndpointError, no_answer, other_service
from build_scripts.palier_cli.terminal import OutputError

_PAGE = 500
_TIMEOUT_S = 60.0
_S3_MESSAGE = re.compile(r"<Message>([^<]{1,200})</Message>")


class JobsClient:
    """Asks an endpoint, and sends files to its bucket; safe to share between threads."""

    def __init__(self, url: str, key: str | None, auth: httpx.Auth | None = None) -> None:
        self._url = url.rstrip("/")
        self._http = httpx.Client(timeout=_TIMEOUT_S, headers={"x-api-key": key} if key else {}, auth=auth)
        # The bucket is not the service's: it gets neither key nor signature.
        self._bucket = httpx.Client(timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._http.close()
        self._bucket.close()

    def submit(self, submission: dict[str, Any], idempotency_key: str) -> dict[str, Any]:
        """POST /jobs; the same key and submission again give the same job."""
        return self._ask("POST", "/jobs", json=submission, headers={"idempotency-key": idempotency_key})

    def start(self, job_id: str) -> dict[str, Any]:
        """Begin a job whose uploads are there."""
        return self._ask("POST", f"{_path(job_id)}/start")

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job as it is now."""
        return self._ask("GET", _path(job_id))

    def jobs(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest jobs of the key."""
        found: list[dict[str, Any]] = self._ask("GET", "/jobs", params={"limit": limit})["jobs"]
        return found

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancel a job."""
        return self._ask("DELETE", _path(job_id))

    def results(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Yield the results that are there, in order."""
        cursor: str | None = None
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            page = self._ask("GET", f"{_path(job_id)}/results", params={"limit": _PAGE} | more)
            yield from page["results"]
            following = page["next_cursor"]
            if following is None or following == cursor or not page["results"]:
                return
            cursor = following

    def download(self, job_id: str, kind: str, path: Path) -> None:
        """Write all results to a file.

        Args:
            job_id: of a job that is over.
            kind: jsonl or csv.
            path: is replaced when everything has come.

        Raises:
            OutputError: it cannot be written.
            EndpointError: the service or its bucket refused, or did not answer.
        """
        offer = self._ask("GET", f"{_path(job_id)}/results", params={"download": kind})
        with _reporting_failures(offer["url"]), self._bucket.stream("GET", offer["url"]) as answer:
            _check(answer, "the bucket")
            _write_all(path, answer.iter_bytes())

    def upload(self, form: dict[str, Any], content: bytes) -> None:
        """Send a file by its form."""
        with _reporting_failures(form["url"]):
            _check(self._bucket.post(form["url"], data=form["fields"], files={"file": content}), "the bucket")

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        with _reporting_failures(self._url):
            answer = self._http.request(method, f"{self._url}{path}", **more)
        try:
            content = answer.json()
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise other_service(self._url, answer.status_code)
        if answer.is_error:
            raise EndpointError(f"{self._url} answered {answer.status_code}: {content.get('error')}")
        return content


@contextmanager
def _reporting_failures(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise no_answer(_place(url), error) from None


def _write_all(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that is there whole or not at all."""
    partial = path.with_name(f"{path.name}.part")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written: {error.strerror}. The results stay with the service: `palier jobs results`."
        ) from None


def _check(answer: httpx.Response, who: str) -> None:
    if answer.is_error:
        reason = _S3_MESSAGE.search(answer.read().decode(errors="replace"))
        raise EndpointError(f"{who} answered {answer.status_code}{f': {reason[1]}' if reason else ''}.")


def _path(job_id: str) -> str:
    # A text that is no id must not lead to another path.
    return f"/jobs/{quote(job_id, safe='')}"


def _place(url: str) -> str:
    # A signature stands behind the question mark, and must not be shown.
    return url.partition("?")[0]

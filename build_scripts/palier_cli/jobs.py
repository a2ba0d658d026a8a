"""`palier jobs`: many recordings at once, diagnosed by a service while nobody waits."""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console

from build_scripts.palier_cli.arguments import severity_options
from build_scripts.palier_cli.bearings.options import operation_options
from build_scripts.palier_cli.files.options import FILE_OPTIONS
from build_scripts.palier_cli.files.recordings import FileChoice
from build_scripts.palier_cli.jobs_client import JobsClient
from build_scripts.palier_cli.jobs_files import Upload, as_uploads, idempotency_key
from build_scripts.palier_cli.jobs_report import print_job, print_jobs, print_results, progress_bar
from build_scripts.palier_cli.signing import signature
from build_scripts.palier_cli.terminal import notify, screen, write_json
from functions.core.models.options import DiagnosisOptions

EXIT_OK, EXIT_FAILED = 0, 2
_LIVE = {"queued", "running"}
_UPLOADS_AT_ONCE = 4
_LOOK_EVERY_S = 0.5
# Of a larger job only what failed is shown; the rest is for a file.
_FEW = 50
_OPTIONS = (*FILE_OPTIONS, "model", "asset_id")


def submit(arguments: argparse.Namespace) -> int:
    """Make a job of files, upload them, and wait until it is over; the same files again are the same job."""
    given = {name: getattr(arguments, name) for name in _OPTIONS}
    options = {name: value for name, value in given.items() if value is not None}
    options |= severity_options(arguments) | operation_options(arguments)
    choice = FileChoice(arguments.format, arguments.variable, arguments.sample_rate_hz is not None)
    uploads = as_uploads(arguments.files, choice, DiagnosisOptions.parse(options))
    submission = options | {"uploads": [upload.entry for upload in uploads]}
    key = arguments.idempotency_key or idempotency_key(submission, uploads)
    with _client(arguments) as client:
        taken = client.submit(submission, key)
        _upload(client, taken.get("uploads", []), uploads)
        job = client.start(taken["job_id"]) if taken["waiting_for_uploads"] else client.job(taken["job_id"])
        if arguments.wait:
            job = _wait(client, job)
        return _finish(arguments, client, job)


def status(arguments: argparse.Namespace) -> int:
    """Show a job, or the newest ones; with --wait not before it is over."""
    with _client(arguments) as client:
        if arguments.job is None:
            jobs = client.jobs(arguments.limit)
            _show(arguments, {"jobs": jobs}, lambda console: print_jobs(console, jobs))
            return EXIT_OK
        job = client.job(arguments.job)
        return _finish(arguments, client, _wait(client, job) if arguments.wait else job)


def results(arguments: argparse.Namespace) -> int:
    """Show the results that are there, or write all of them to a file."""
    with _client(arguments) as client:
        if arguments.output is not None:
            _download(client, arguments.job, arguments.output)
            return EXIT_OK
        found = list(client.results(arguments.job))
    _show(arguments, {"results": found}, lambda console: print_results(console, found))
    return EXIT_FAILED if any(one["state"] == "failed" for one in found) else EXIT_OK


def cancel(arguments: argparse.Namespace) -> int:
    """Cancel a job; what was found until then can be read."""
    with _client(arguments) as client:
        job = client.cancel(arguments.job)
    _show(arguments, {"job": job}, lambda console: print_job(console, job))
    return EXIT_OK


def _client(arguments: argparse.Namespace) -> JobsClient:
    return JobsClient(arguments.url, arguments.key, signature(arguments.url) if arguments.sign else None)


def _upload(client: JobsClient, forms: list[dict[str, Any]], uploads: list[Upload]) -> None:
    if not forms:
        return
    with progress_bar() as progress, ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        task = progress.add_task("uploading", total=len(forms), failed="")
        sent = [pool.submit(_send, client, *pair) for pair in zip(forms, uploads, strict=True)]
        for one in sent:
            one.result()
            progress.advance(task)


def _send(client: JobsClient, form: dict[str, Any], upload: Upload) -> None:
    client.upload(form, upload.read())


def _wait(client: JobsClient, job: dict[str, Any]) -> dict[str, Any]:
    with progress_bar() as progress:
        task = progress.add_task("diagnosing", total=job["total"], failed="")
        while True:
            failed = f"{job['failed']} failed" if job["failed"] else ""
            progress.update(task, completed=job["done"] + job["failed"], failed=failed)
            if job["state"] not in _LIVE:
                return job
            time.sleep(_LOOK_EVERY_S)
            job = client.job(job["job_id"])


def _finish(arguments: argparse.Namespace, client: JobsClient, job: dict[str, Any]) -> int:
    if job["state"] in _LIVE:
        _show(arguments, {"job": job}, lambda console: print_job(console, job))
        return EXIT_OK
    if getattr(arguments, "output", None) is not None:
        _download(client, job["job_id"], arguments.output)
    _show(arguments, {"job": job}, lambda console: print_job(console, job))
    if not arguments.json and (job["failed"] or job["total"] <= _FEW):
        every = list(client.results(job["job_id"]))
        few = job["total"] <= _FEW
        with screen() as console:
            print_results(console, every if few else [one for one in every if one["state"] == "failed"])
    return EXIT_OK if job["state"] == "succeeded" else EXIT_FAILED


def _download(client: JobsClient, job_id: str, path: Path) -> None:
    client.download(job_id, path.suffix.lower().removeprefix("."), path)
    notify(f"wrote {path}")


def _show(arguments: argparse.Namespace, document: dict[str, Any], show: Callable[[Console], None]) -> None:
    if arguments.json:
        write_json(document)
        return
    with screen() as console:
        show(console)

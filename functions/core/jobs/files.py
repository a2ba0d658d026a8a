"""The objects of jobs in their bucket: recordings, plans, results."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.core.aws.clients import error_code, reporting_unavailable, s3_client, signature_validity_s
from functions.core.errors import RecordingMissingError, RecordingTooLargeError
from functions.core.jobs.job import PartRange

WHAT = "The bucket of jobs"
# Long enough for a slow line, too short to be worth stealing; a quarter of an hour where the role's credentials end
# within the hour.
UPLOAD_EXPIRES_S = 3600
DOWNLOAD_EXPIRES_S = 900

RESULTS_MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv"}


@dataclass(frozen=True)
class StoredFile:
    """An object by its key, and its size."""

    key: str
    size_bytes: int


@dataclass(frozen=True)
class Upload:
    """A form that uploads one file: POST its fields and then the file to the URL."""

    url: str
    fields: dict[str, str]


class JobFiles:
    """The bucket of jobs: reads and writes objects, and signs uploads and downloads."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Write an object."""
        with reporting_unavailable(WHAT):
            s3_client().put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=media_type)

    def put_file(self, key: str, path: Path, media_type: str) -> None:
        """Write an object from a file, without holding it."""
        with reporting_unavailable(WHAT), path.open("rb") as stream:
            s3_client().put_object(Bucket=self.bucket, Key=key, Body=stream, ContentType=media_type)

    def get(self, key: str, limit_bytes: int) -> bytes:
        """Return an object.

        Raises:
            RecordingMissingError: there is none.
            RecordingTooLargeError: it is larger; nothing of it is read then.
            DependencyUnavailableError: the bucket cannot be reached.
        """
        return self._read(key, limit_bytes)

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return some bytes of an object, fewer where it ends before; raises as `get`."""
        return self._read(key, length, Range=f"bytes={offset}-{offset + length - 1}")

    def below(self, prefix: str, most: int) -> list[StoredFile]:
        """Return the objects below a prefix, sorted by key, without folders; at most one more than `most`."""
        with reporting_unavailable(WHAT):
            return [file for _, file in zip(range(most + 1), self._listed(prefix), strict=False)]

    def remove(self, *keys: str) -> None:
        """Remove objects; one that is not there is no failure."""
        with reporting_unavailable(WHAT):
            for key in keys:
                s3_client().delete_object(Bucket=self.bucket, Key=key)

    def exists(self, key: str) -> bool:
        """Whether there is an object of this very key."""
        return any(file.key == key for file in self.below(key, 0))

    def offer_upload(self, key: str, media_type: str, limit_bytes: int) -> Upload:
        """Return a form that can upload this one object, of this type and no larger, for an hour at most."""
        conditions: list[Any] = [{"Content-Type": media_type}, ["content-length-range", 1, limit_bytes]]
        with reporting_unavailable(WHAT):
            client = s3_client()
            expires_s = signature_validity_s(UPLOAD_EXPIRES_S, DOWNLOAD_EXPIRES_S)
            form = client.generate_presigned_post(self.bucket, key, {"Content-Type": media_type}, conditions, expires_s)
        return Upload(form["url"], dict(form["fields"]))

    def offer_download(self, key: str, file_name: str) -> str:
        """Return a URL under which an object can be read for a quarter of an hour; browsers keep it as a file."""
        disposition = f'attachment; filename="{file_name}"'
        parameters = {"Bucket": self.bucket, "Key": key, "ResponseContentDisposition": disposition}
        with reporting_unavailable(WHAT):
            return s3_client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=DOWNLOAD_EXPIRES_S)

    def _read(self, key: str, limit_bytes: int, **more: Any) -> bytes:
        # Late: as boto3.
        from botocore.exceptions import ClientError

        with reporting_unavailable(WHAT):
            try:
                answer = s3_client().get_object(Bucket=self.bucket, Key=key, **more)
            except ClientError as error:
                if error_code(error) in {"NoSuchKey", "404"}:
                    raise RecordingMissingError(f"There is no {key!r} in the bucket.") from None
                if error_code(error) == "InvalidRange":
                    raise RecordingMissingError(f"{key!r} has become shorter since the job was started.") from None
                raise
            # Entered by itself it would give the bare stream, whose errors are not botocore's.
            with closing(answer["Body"]) as body:
                if answer["ContentLength"] > limit_bytes:
                    raise RecordingTooLargeError(
                        f"{key!r} has {answer['ContentLength']} bytes; the limit is {limit_bytes}."
                    )
                return body.read()

    def _listed(self, prefix: str) -> Iterator[StoredFile]:
        for page in s3_client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                if not found["Key"].endswith("/"):
                    yield StoredFile(found["Key"], found["Size"])


def plan_key(job_id: str) -> str:
    """Return the key of a job's plan, which has a JSON line for each of its recordings."""
    return f"jobs/{job_id}/plan.jsonl"


def inline_key(job_id: str) -> str:
    """Return the key of the recordings that were sent inline, one npy file behind the other."""
    return f"jobs/{job_id}/inline.bin"


def submission_keys(job_id: str) -> tuple[str, str]:
    """Return the keys of the objects that a submission stores before its job is created."""
    return inline_key(job_id), plan_key(job_id)


def uploads_prefix(job_id: str) -> str:
    """Return the prefix of a job's uploads."""
    return f"jobs/{job_id}/uploads/"


def part_key(job_id: str, part: PartRange, attempt: str) -> str:
    """Return the key of the results of one attempt at a part."""
    return f"jobs/{job_id}/parts/{part.key}-{attempt}.jsonl"


def results_key(job_id: str, kind: str) -> str:
    """Return the key of a finished job's results, `jsonl` or `csv`."""
    return f"jobs/{job_id}/results.{kind}"

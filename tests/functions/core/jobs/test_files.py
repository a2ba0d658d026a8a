"""Reading objects: a connection that breaks is a service that is not available."""

from io import BytesIO

import pytest
from botocore.response import StreamingBody
from urllib3 import HTTPResponse

from functions.core.aws import clients
from functions.core.errors import DependencyUnavailableError
from functions.core.jobs import files
from functions.core.jobs.files import JobFiles


class Bucket:
    """S3 with one object, whose connection breaks after four of its eight bytes."""

    def get_object(self, **asked: str) -> dict[str, object]:
        response = HTTPResponse(BytesIO(b"1234"), headers={"content-length": "8"}, preload_content=False)
        body = StreamingBody(response, 8)  # type: ignore[arg-type]
        return {"Body": body, "ContentLength": 8}


def test_a_connection_that_breaks_within_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "s3_client", Bucket)
    clients.forget_clients()
    with pytest.raises(DependencyUnavailableError, match=r"^The bucket of jobs is not available\.$"):
        JobFiles("recordings").get_range("jobs/1/inline.bin", 0, 8)

"""URL and credentials of embedded services: new for each run, and readable by their owner alone."""

import json
import os
import secrets
import tempfile
import urllib.request
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from build_scripts.local.aws.embedded.guard.gate import HEALTH

REGION = "eu-central-1"
ACCOUNT = "123456789012"
_ANSWER_TIMEOUT_S = 10.0
_LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Access:
    """The URL of embedded services, and the credentials of their administrator."""

    url: str
    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls, port: int) -> Self:
        """Return access by new credentials to services at a port."""
        return cls(f"http://localhost:{port}", f"PALIER{secrets.token_hex(7).upper()}", secrets.token_urlsafe(30))


@dataclass(frozen=True)
class Address:
    """The note in a data folder of running services for others of the same user: access, and the process to ask."""

    access: Access
    starter: int

    def write(self, path: Path) -> None:
        """Write it for this user alone, whole or not at all."""
        content = json.dumps({"starter": self.starter, **asdict(self.access)})
        # Made with mode 0600.
        handle, aside = tempfile.mkstemp(prefix=f"{path.name}-", dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(content)
        Path(aside).replace(path)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what was written, or None where nothing was, or something else."""
        try:
            found = json.loads(path.read_text())
            return cls(Access(found["url"], found["key_id"], found["secret"]), int(found["starter"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def open_private(path: str | Path, flags: int) -> int:
    """Open a file that is its owner's alone where it is made: an opener of `open`."""
    return os.open(path, flags, 0o600)


def client_arguments(access: Access) -> dict[str, Any]:
    """Return the arguments that make a boto3 client of embedded services."""
    return {
        "endpoint_url": access.url,
        "region_name": REGION,
        "aws_access_key_id": access.key_id,
        "aws_secret_access_key": access.secret,
    }


def client_environment(access: Access) -> dict[str, str]:
    """Return the variables that send another process's AWS clients to embedded services, and nowhere else."""
    return {
        "AWS_ENDPOINT_URL": access.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": access.key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "localhost,127.0.0.1",
    }


def answers(url: str, timeout_s: float = _ANSWER_TIMEOUT_S) -> bool:
    """Return whether embedded services answer at a URL."""
    try:
        with _LOCAL.open(url + HEALTH, timeout=timeout_s) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

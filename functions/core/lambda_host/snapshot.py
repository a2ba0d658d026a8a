"""Hooks of AWS Lambda SnapStart: priming before a snapshot is taken, and renewal after it is restored.

A snapshot is taken once, of a started function, and restored for every instance: random states, caches and times from
before it would be the same in all instances.
Source: AWS Lambda developer guide, "Implement code before or after Lambda function snapshots".
"""

import os
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from functions.core.aws.clients import forget_clients
from functions.core.errors import PalierError
from functions.core.observability.telemetry import LOGGER

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from functions.core.settings import Settings

_INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"
_SNAP_START = "snap-start"


class NotPrimedError(PalierError):
    """A function that fails its first request: its version must not be published, and gets no traffic."""

    code = "not_primed"


Hook = Callable[[], object]


def register_snapshot_hooks(prime: Hook, refresh: Hook, environment: Mapping[str, str] = os.environ) -> bool:
    """Register the hooks before a snapshot is taken and after it is restored, if this start is for a snapshot.

    Args:
        prime: does the work of a first request, so that the snapshot holds its results.
        refresh: drops what may be out of date, or shared with other instances.
        environment: of the process; it shows whether this start is for a snapshot.

    Returns:
        Whether it is.
    """
    if environment.get(_INITIALIZATION) != _SNAP_START:
        return False
    # A package that only AWS Lambda's runtime has.
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    register_before_snapshot(prime)
    register_after_restore(reseed)
    register_after_restore(refresh)
    return True


def prime_app(app: "Starlette", settings: "Settings", path: str, clients: Iterable[Hook] = ()) -> None:
    """Answer a request as the gateway sends it, and make clients of AWS, so that the snapshot holds what both load.

    Args:
        app: of the function; its sinks receive nothing, and its first request still counts as a cold start.
        settings: of the function.
        path: of the request, a GET without a key.
        clients: each makes a client; clients are dropped after a restore, the files read to make them stay loaded.

    Raises:
        NotPrimedError: the answer is a 5xx.
    """
    # Late: needed for a snapshot alone.
    from msgspec.structs import replace

    from functions.core.http.asgi import create_starlette
    from functions.core.lambda_host.gateway import LambdaHandler

    for make in clients:
        make()
    event = {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {"accept": "*/*", "host": "localhost"},
        "requestContext": {"identity": {"sourceIp": "127.0.0.1"}},
        "body": None,
        "isBase64Encoded": False,
    }
    # It comes from nowhere, not past CloudFront.
    own = replace(settings, edge_proofs=[])
    answer = LambdaHandler(create_starlette(app.routes, own), own)(event, None)
    if answer["statusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NotPrimedError(f"The request to {path} was answered {answer['statusCode']}: the log has why.")
    LOGGER.info("primed for a snapshot")


def refresh(app: "Starlette") -> None:
    """Drop the clients of AWS and the key ring that an app has read, which may have changed."""
    # Late: the worker has no keys.
    from functions.core.keys.key_stores import CachedKeyStore

    forget_clients()
    store = getattr(app.state, "key_store", None)
    if isinstance(store, CachedKeyStore):
        store.expire()
    LOGGER.info("restored from a snapshot")


def reseed() -> None:
    """Give the pseudo-random generators of the standard library and of numpy new states.

    `os.urandom` and `secrets` use the kernel's generator, which AWS reseeds itself.
    """
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()

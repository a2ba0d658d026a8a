"""The model repository extension: the index of models and their states, and requests to load them.

Source: triton-inference-server/server, docs/protocol/extension_model_repository.md.
"""

from typing import Any

from functions.core.errors import MalformedEnvelopeError, ModelUnavailableError
from functions.core.models.models import ModelRepository
from functions.core.observability.telemetry import LOGGER
from functions.inference.v2.json_envelope import read_object

_READY, _UNAVAILABLE = "READY", "UNAVAILABLE"


def repository_index(models: ModelRepository, *, only_ready: bool) -> list[dict[str, str]]:
    """Return every version of every model with its state, also where some are broken.

    A model is ready when it can be loaded, so this loads all of them: they are few and small.
    """
    entries = [_entry(models, name, version) for name in models.names() for version in models.versions(name)]
    return [entry for entry in entries if entry["state"] == _READY or not only_ready]


def read_optional_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request whose body may be empty.

    Raises:
        MalformedEnvelopeError: it is something else.
    """
    return read_object(body) if body.strip() else {}


def wants_only_ready(document: dict[str, Any]) -> bool:
    """Return the member `ready` of an index request.

    Raises:
        MalformedEnvelopeError: it is not true or false.
    """
    ready = document.get("ready", False)
    if not isinstance(ready, bool):
        raise MalformedEnvelopeError("ready must be true or false.", field="ready")
    return ready


def check_load(document: dict[str, Any]) -> None:
    """Check a load request.

    Raises:
        MalformedEnvelopeError: it has parameters, such as a configuration or files of its own.
    """
    if document.get("parameters"):
        raise MalformedEnvelopeError("Models are loaded as packaged; send no parameters.", field="parameters")


def _entry(models: ModelRepository, name: str, version: str) -> dict[str, str]:
    try:
        models.load(name, version)
    except ModelUnavailableError as error:
        LOGGER.error(error.message, extra={"code": error.code}, exc_info=error.__cause__)
        return {"name": name, "version": version, "state": _UNAVAILABLE, "reason": error.message}
    return {"name": name, "version": version, "state": _READY, "reason": ""}

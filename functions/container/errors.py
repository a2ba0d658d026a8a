"""The failures that only the container knows."""

from collections.abc import Mapping

from functions.core.errors import ModelUnavailableError, PalierError


class DeadlineExceededError(PalierError):
    """The request waited for the engine longer than it may."""

    status = 503
    code = "deadline_exceeded"
    headers: Mapping[str, str] = {"retry-after": "1"}


class InvalidDeadlineError(PalierError):
    """A deadline that is none."""

    status = 400
    code = "invalid_deadline"
    field = "X-Deadline-Ms"


class ProviderUnavailableError(ModelUnavailableError):
    """An execution provider that is asked for and cannot be had here."""

    code = "provider_unavailable"


class ModelLoadedError(PalierError):
    """A model of this name is loaded already."""

    status = 409
    code = "model_loaded"
    field = "model_name"


class NoRoomError(PalierError):
    """As many models are loaded as may be: one must go before another comes."""

    status = 507
    code = "no_room"


class MalformedLoadError(PalierError):
    """A request to load a model that does not say which, or from where."""

    status = 400
    code = "malformed_load"

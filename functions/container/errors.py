"""The errors that only the container raises."""

from collections.abc import Mapping

from functions.core.errors import ModelUnavailableError, PalierError


class DeadlineExceededError(PalierError):
    """A request that was not answered before its deadline."""

    status = 503
    code = "deadline_exceeded"
    headers: Mapping[str, str] = {"retry-after": "1"}


class InvalidDeadlineError(PalierError):
    """A header X-Deadline-Ms that is no number of milliseconds above 0."""

    status = 400
    code = "invalid_deadline"
    field = "X-Deadline-Ms"


class ProviderUnavailableError(ModelUnavailableError):
    """An execution provider that is configured and not available here."""

    code = "provider_unavailable"


class ModelLoadedError(PalierError):
    """A request to load a model under a name that is taken."""

    status = 409
    code = "model_loaded"
    field = "model_name"


class NoRoomError(PalierError):
    """A request to load one model more than the limit or the memory allows."""

    status = 507
    code = "no_room"


class MalformedLoadError(PalierError):
    """A request to load a model without a valid name or folder."""

    status = 400
    code = "malformed_load"

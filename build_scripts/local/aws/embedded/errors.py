"""What can go wrong with the embedded services."""

from functions.core.errors import PalierError


class EmbeddedServicesError(PalierError):
    """The embedded services cannot be installed or started; the sentence says why."""

    code = "embedded_services"

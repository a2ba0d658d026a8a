"""The embedded services of tests: run by this Python, started once for those that only ask them."""

from collections.abc import Iterator

import pytest

from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import EmbeddedServices, Host, Offer, this_host


@pytest.fixture(scope="session")
def embedded_host() -> Host:
    """This Python, with the emulator's packages installed."""
    try:
        return this_host()
    except EmbeddedServicesError as reason:
        pytest.skip(reason.message)


PAGE = "http://localhost:8000"


@pytest.fixture(scope="session")
def embedded(embedded_host: Host) -> Iterator[EmbeddedServices]:
    """Services with one page that may upload and download."""
    with EmbeddedServices(embedded_host, offer=Offer(origins=(PAGE,))) as services:
        yield services

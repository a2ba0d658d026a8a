"""What runs the embedded services in tests: this Python."""

import pytest

from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import Host, this_host


@pytest.fixture(scope="session")
def embedded_host() -> Host:
    """This Python, with the emulator's packages installed."""
    try:
        return this_host()
    except EmbeddedServicesError as reason:
        pytest.skip(reason.message)

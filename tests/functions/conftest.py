"""Packages of models that take conditions of operation."""

from pathlib import Path

import pytest

from tests.support.packages import write_conditioned


@pytest.fixture(scope="session")
def conditioned_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that take conditions, read-only by agreement."""
    return write_conditioned(tmp_path_factory.mktemp("conditioned"))

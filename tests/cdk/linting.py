"""cfn-lint over templates."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest


def lint(templates: Iterable[Path], ignored: Sequence[str] = ()) -> list[Any]:
    """What cfn-lint finds, by all of its rules but some; in all templates at once, for its rules load once."""
    api, config = pytest.importorskip("cfnlint.api"), pytest.importorskip("cfnlint.config")
    arguments = config.ManualArgs(templates=[str(path) for path in templates], ignore_checks=list(ignored))
    matches: list[Any] = api.lint_by_config(arguments)
    return matches

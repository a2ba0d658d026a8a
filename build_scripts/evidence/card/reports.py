"""Reports that a package's folder keeps as JSON beside its manifest, for its card."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Report = Mapping[str, Any]


def read_report(path: Path) -> Report | None:
    """Return a report, None where there is no such file."""
    found: Report | None = json.loads(path.read_text()) if path.exists() else None
    return found


def write_report(report: Report, path: Path) -> Report:
    """Write a report and return it."""
    path.write_text(json.dumps(report, indent=2, allow_nan=False) + "\n")
    return report

"""Small stand-ins for the files of `make bundle`: the same names and the same bundle.json, with little inside."""

import hashlib
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

MODULES = (
    "functions/dashboard/handler.py",
    "functions/inference/handler.py",
    "functions/rotation/handler.py",
    "functions/jobs/handler.py",
    "functions/worker/handler.py",
)


def write_bundle(folder: Path, modules: Sequence[str] = MODULES) -> Path:
    """Write a bundle of both architectures into a folder; returns the folder."""
    names = ["functions.zip"] + [
        f"layers/{kind}-{machine}.zip" for kind in ("runtime", "models") for machine in ("arm64", "x86_64")
    ]
    (folder / "layers").mkdir(parents=True)
    for name in names:
        with zipfile.ZipFile(folder / name, "w") as archive:
            for path in modules if name == "functions.zip" else [name]:
                archive.writestr(path, f"# {path}\n")
    document = {
        "python": {"runtime": "python3.13"},
        "artifacts": {name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()} for name in names},
    }
    (folder / "bundle.json").write_text(json.dumps(document))
    return folder

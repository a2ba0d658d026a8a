"""The bundle that `make bundle` has built: its files, each checked against bundle.json."""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cdk.stage_parts import Architecture


class BundleError(Exception):
    """A bundle that cannot be deployed; the message states what to do."""


@dataclass(frozen=True)
class Bundle:
    """A folder that `make bundle` has written."""

    folder: Path

    @property
    def functions(self) -> Path:
        """The function asset; raises BundleError when it is missing or not the one that was built."""
        return self._verified("functions.zip")

    def layer(self, kind: str, architecture: Architecture) -> Path:
        """Return the layer `runtime` or `models` of an architecture; raises as `functions`."""
        return self._verified(f"layers/{kind}-{architecture}.zip")

    @property
    def runtime(self) -> str:
        """The Lambda runtime that the bytecode is for."""
        return str(self._document["python"]["runtime"])

    def require(self, handler: str) -> None:
        """Check that the function asset holds a handler's module.

        Raises:
            BundleError: it does not.
        """
        module = handler.rpartition(".")[0].replace(".", "/") + ".py"
        if module not in self._modules:
            raise BundleError(f"{self.folder}/functions.zip has no {module}; run make bundle again.")

    @cached_property
    def _modules(self) -> frozenset[str]:
        with zipfile.ZipFile(self.functions) as archive:
            return frozenset(archive.namelist())

    @cached_property
    def _document(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = json.loads((self.folder / "bundle.json").read_bytes())
        except FileNotFoundError:
            raise BundleError(f"There is no bundle in {self.folder}; run make bundle first.") from None
        return document

    def _verified(self, name: str) -> Path:
        path = self.folder / name
        try:
            expected = self._document["artifacts"][name]["sha256"]
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except (KeyError, FileNotFoundError):
            raise BundleError(f"{path} is not there; run make bundle.") from None
        if found != expected:
            raise BundleError(f"{path} is not the file that bundle.json names; run make bundle again.")
        return path

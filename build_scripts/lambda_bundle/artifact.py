"""One file of the bundle: packed contents and the figures of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from build_scripts.lambda_bundle.architecture import Architecture
from build_scripts.lambda_bundle.archive import packed
from build_scripts.lambda_bundle.distribution import Distribution
from build_scripts.lambda_bundle.models import PackagedModel
from build_scripts.lambda_bundle.tree import Tree, size_bytes


@dataclass(frozen=True)
class Artifact:
    """A zip archive, its path below the bundle's folder, how many files are in it and their sizes together."""

    path: str
    content: bytes
    files: int
    unzipped_bytes: int

    def as_json(self) -> dict[str, object]:
        """Return the figures as one JSON object."""
        return {
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "zipped_bytes": len(self.content),
            "unzipped_bytes": self.unzipped_bytes,
            "files": self.files,
        }


@dataclass(frozen=True)
class Layers:
    """The layers of one architecture, and what is in them."""

    architecture: Architecture
    runtime: Artifact
    models: Artifact
    distributions: Sequence[Distribution]
    packages: Sequence[PackagedModel]


def pack(path: str, tree: Tree) -> Artifact:
    """Return the archive of some files."""
    return Artifact(path, packed(tree), len(tree), size_bytes(tree))

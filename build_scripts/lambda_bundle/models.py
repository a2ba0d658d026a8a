"""The models layer: of each package what serving on one architecture reads."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build_scripts.lambda_bundle.architecture import Architecture
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.tree import Tree, joined
from functions.core.models.manifest import Manifest, Variant
from functions.core.models.models import ModelRepository


@dataclass(frozen=True)
class PackagedModel:
    """One model in the layer: its package and the variant that serves there."""

    name: str
    version: str
    variant: Variant
    tree: Tree


def models_layer(models: Path, architecture: Architecture) -> Sequence[PackagedModel]:
    """Return manifest, proof and default variant of every version of every package, below models/NAME/VERSION/.

    Raises:
        BundleError: there is no package, or a file is not the one its manifest was written for.
        ModelUnavailableError: a manifest is broken.
    """
    repository = ModelRepository(models)
    packages = [(name, version) for name in repository.names() for version in repository.versions(name)]
    if not packages:
        raise BundleError(f"There is no model package in {models}.")
    return [_packaged(models, repository.manifest(*package), architecture) for package in packages]


def tree_of(packages: Sequence[PackagedModel]) -> Tree:
    """Return the files of the layer."""
    return joined(package.tree for package in packages)


def _packaged(models: Path, manifest: Manifest, architecture: Architecture) -> PackagedModel:
    folder = Path(manifest.name) / manifest.version
    variant = manifest.variant(manifest.default_variant.get(architecture.name, "fp32"))
    content = _verified(models / folder / variant.file, variant)
    files = {"manifest.json": (models / folder / "manifest.json").read_bytes(), variant.file: content}
    proof = models / folder / "proof.json"
    if proof.is_file():
        files[proof.name] = proof.read_bytes()
    tree = {f"models/{folder.as_posix()}/{name}": data for name, data in files.items()}
    return PackagedModel(manifest.name, manifest.version, variant, tree)


def _verified(path: Path, variant: Variant) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BundleError(f"{path} is missing; its manifest names it.") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != variant.sha256:
        raise BundleError(f"{path} has sha256 {sha256}, its manifest was written for {variant.sha256}.")
    return content

"""The repository of model packages on disk: each is found, verified and loaded once."""

import hashlib
import platform
import threading
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from functions.core.errors import ModelNotFoundError, ModelUnavailableError, ProofNotFoundError, VersionNotFoundError
from functions.core.models.engine import Engine, OnnxEngine
from functions.core.models.manifest import Manifest, ManifestError, Precision, Variant, input_of_file, read_manifest
from functions.core.observability.metrics import observe_model_not_loaded

Device = Literal["cpu", "cuda"]


class LoadedModel(Struct, frozen=True):
    """A loaded model: its manifest, and the engine of one of its variants."""

    manifest: Manifest
    precision: Precision
    engine: Engine
    device: Device = "cpu"


class Engines(Protocol):
    """A device's engines: the choice of the variant for the device, and the engine of a file."""

    @property
    def device(self) -> Device:
        """The device that the engines run on."""
        ...

    def precision(self, manifest: Manifest) -> Precision:
        """Return the precision of the variant that serves here."""
        ...

    def engine(self, model: bytes, manifest: Manifest) -> Engine:
        """Return the engine of a verified file, ready to run.

        Raises:
            ModelUnavailableError: it cannot be loaded.
        """
        ...


class CpuEngines(Struct, frozen=True):
    """Engines of onnxruntime on the CPU.

    threads: of one run of an engine.
    """

    threads: int = 1
    device: Device = "cpu"

    def precision(self, manifest: Manifest) -> Precision:
        """Return the precision that the manifest names for this processor."""
        return manifest.default_variant.get(architecture(), "fp32")

    def engine(self, model: bytes, manifest: Manifest) -> Engine:
        """Return the engine of a file."""
        return OnnxEngine(model, self.threads, manifest.input)


class ModelRepository:
    """The packages below one folder, NAME/VERSION/manifest.json; safe to share between threads.

    The folder is read once: packages never change, a new version means a new process.
    """

    def __init__(self, root: Path, threads: int = 1, engines: Engines | None = None) -> None:
        self._root = root
        self._engines = engines or CpuEngines(threads)
        self._manifests: dict[Path, Manifest] = {}
        self._loaded: dict[tuple[Path, Precision | None], LoadedModel] = {}
        self._lock = threading.Lock()

    @cached_property
    def _folders(self) -> dict[str, dict[str, Path]]:
        folders: dict[str, dict[str, Path]] = {}
        for path in sorted(self._root.glob("*/*/manifest.json")):
            if path.parent.name.isdecimal():
                folders.setdefault(path.parents[1].name, {})[path.parent.name] = path.parent
        return folders

    def names(self) -> list[str]:
        """Return the names of all models, sorted."""
        return list(self._folders)

    def versions(self, name: str) -> list[str]:
        """Return the versions of a model, oldest first.

        Raises:
            ModelNotFoundError: there is none of this name.
        """
        if name not in self._folders:
            known = ", ".join(self.names()) or "none"
            raise ModelNotFoundError(f"There is no model {name[:80]!r}; the models here: {known}.")
        return sorted(self._folders[name], key=int)

    def find(self, name: str, version: str | None = None) -> str:
        """Return the version of a package; without a version, the newest.

        Raises:
            ModelNotFoundError, VersionNotFoundError: no such package.
        """
        return self._folder(name, version).name

    def manifest(self, name: str, version: str | None = None) -> Manifest:
        """Return a package's manifest; without a version, of the newest.

        Raises:
            ModelNotFoundError, VersionNotFoundError: no such package.
            ModelUnavailableError: its manifest is broken.
        """
        folder = self._folder(name, version)
        if folder not in self._manifests:
            self._manifests[folder] = _read_manifest(folder)
        return self._manifests[folder]

    def proof(self, name: str, version: str | None = None) -> bytes:
        """Return a package's proof.json, its measurements beyond the manifest; without a version, of the newest.

        Raises:
            ModelNotFoundError, VersionNotFoundError: no such package.
            ProofNotFoundError: it has none.
        """
        try:
            return (self._folder(name, version) / "proof.json").read_bytes()
        except FileNotFoundError:
            raise ProofNotFoundError(f"The package {name!r} came without the measurements behind its card.") from None

    def load(self, name: str, version: str | None = None, precision: Precision | None = None) -> LoadedModel:
        """Return a model ready to run, loaded on the first call and kept.

        Args:
            name: the model.
            version: default the newest.
            precision: default the one its manifest names for this machine.

        Raises:
            ModelNotFoundError, VersionNotFoundError: no such package.
            ModelUnavailableError: a file is missing, changed or cannot be loaded.
        """
        key = (self._folder(name, version), precision)
        with self._lock:
            if key not in self._loaded:
                try:
                    self._loaded[key] = self._load(key[0], self.manifest(name, version), precision)
                except ModelUnavailableError:
                    observe_model_not_loaded()
                    raise
            return self._loaded[key]

    def loaded(self) -> list[LoadedModel]:
        """Return the models that are loaded now."""
        with self._lock:
            return list(self._loaded.values())

    def _folder(self, name: str, version: str | None) -> Path:
        versions = self.versions(name)
        chosen = versions[-1] if version is None else version
        if chosen not in versions:
            raise VersionNotFoundError(f"Model {name!r} has no version {chosen[:80]!r}; it has {', '.join(versions)}.")
        return self._folders[name][chosen]

    def _load(self, folder: Path, manifest: Manifest, precision: Precision | None) -> LoadedModel:
        chosen = precision or self._engines.precision(manifest)
        try:
            variant = manifest.variant(chosen)
        except KeyError:
            raise ModelUnavailableError(f"{manifest.name} {manifest.version} has no variant {chosen}.") from None
        taken = replace(manifest, input=input_of_file(manifest))
        engine = self._engines.engine(_verified_bytes(folder, variant), taken)
        return LoadedModel(manifest, chosen, engine, self._engines.device)


def architecture() -> Literal["x86_64", "arm64"]:
    """Return this machine's architecture as manifests name it."""
    return "arm64" if platform.machine().lower() in {"aarch64", "arm64"} else "x86_64"


def _read_manifest(folder: Path) -> Manifest:
    try:
        manifest = read_manifest((folder / "manifest.json").read_bytes())
    except (OSError, ManifestError) as error:
        raise ModelUnavailableError(
            f"The manifest of {folder.parent.name} {folder.name} is broken: install the package anew."
        ) from error
    if (manifest.name, manifest.version) != (folder.parent.name, folder.name):
        raise ModelUnavailableError(
            f"The manifest in {folder.parent.name}/{folder.name} is of {manifest.name} {manifest.version}."
        )
    return manifest


def _verified_bytes(folder: Path, variant: Variant) -> bytes:
    try:
        content = (folder / variant.file).read_bytes()
    except OSError as error:
        raise ModelUnavailableError(
            f"The model file {variant.file} cannot be read: install the package anew."
        ) from error
    if hashlib.sha256(content).hexdigest() != variant.sha256:
        raise ModelUnavailableError(
            f"The model file {variant.file} is not the one its manifest was written for (sha256 differs): install the"
            " package anew."
        )
    return content

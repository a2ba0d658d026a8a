"""The bill of materials in CycloneDX: every distribution and model, with version, licence and hash."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from build_scripts.lambda_bundle.artifact import Artifact, Layers
from build_scripts.lambda_bundle.distribution import Distribution
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.models import PackagedModel
from functions.core.version import VERSION

PROJECT = "palier"
LAYER = "palier:layer"


def bill_of_materials(functions: Artifact, layers: Sequence[Layers]) -> str:
    """Return the bill as JSON.

    Its serial number follows from what it lists; it has a time only where SOURCE_DATE_EPOCH gives one.

    Raises:
        BundleError: SOURCE_DATE_EPOCH is no time.

    Source: reproducible-builds.org, SOURCE_DATE_EPOCH specification; CycloneDX 1.6.
    """
    bom = Bom()
    bom.metadata.timestamp = _source_date()  # type: ignore[assignment]  # the library writes none for None
    project = Component(name=PROJECT, version=VERSION, type=ComponentType.APPLICATION, bom_ref=PROJECT)
    project.hashes.add(_sha256(hashlib.sha256(functions.content).hexdigest()))
    bom.metadata.component = project
    components = {component.bom_ref.value: component for component in _components(layers)}
    for layer, reference in _places(layers):
        components[reference].properties.add(Property(name=LAYER, value=layer))
    bom.components.update(components.values())
    bom.register_dependency(project, components.values())
    listed = "\n".join([str(functions.as_json()["sha256"]), *sorted(map(str, components))])
    bom.serial_number = uuid5(NAMESPACE_URL, listed)
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def _components(layers: Sequence[Layers]) -> Iterator[Component]:
    for one in layers:
        yield from map(_library, one.distributions)
        yield from map(_model, one.packages)


def _places(layers: Sequence[Layers]) -> Iterator[tuple[str, str]]:
    for one in layers:
        name = one.architecture.name
        yield from ((f"runtime-{name}", str(_url(distribution))) for distribution in one.distributions)
        yield from ((f"models-{name}", _reference(package)) for package in one.packages)


def _library(distribution: Distribution) -> Component:
    url = _url(distribution)
    component = Component(
        name=distribution.name,
        version=distribution.version,
        type=ComponentType.LIBRARY,
        purl=url,
        bom_ref=str(url),
        licenses=[LicenseFactory().make_from_string(distribution.licence)],
    )
    component.hashes.add(_sha256(distribution.wheel.sha256))
    return component


def _model(package: PackagedModel) -> Component:
    component = Component(
        name=package.name,
        version=package.version,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=_reference(package),
        description=f"{package.variant.file}, {package.variant.precision}",
    )
    component.hashes.add(_sha256(package.variant.sha256))
    return component


def _url(distribution: Distribution) -> PackageURL:
    """Return a URL for each file: the wheels of the two architectures differ.

    Source: purl specification, type pypi.
    """
    file = {"file_name": distribution.wheel.path.name}
    return PackageURL("pypi", None, distribution.name, distribution.version, file)


def _reference(package: PackagedModel) -> str:
    return f"model:{package.name}@{package.version}/{package.variant.file}#{package.variant.sha256}"


def _sha256(value: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=value)


def _source_date() -> datetime | None:
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
    except (ValueError, OverflowError, OSError) as error:
        raise BundleError(
            f"SOURCE_DATE_EPOCH is {seconds!r}: set it to seconds since 1970, or take it out of the environment."
        ) from error

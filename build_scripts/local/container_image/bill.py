"""The image's bill of materials in CycloneDX: every package of Python and of Debian that is in it."""

from collections.abc import Iterator, Mapping
from typing import Any

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from functions.core.version import VERSION


def bill_of_materials(lock: str, report: Mapping[str, Any]) -> str:
    """Return the bill as JSON of what was found inside the image.

    Source: CycloneDX 1.6; purl specification, types pypi and deb.
    """
    bom = Bom()
    image = Component(name=f"palier:{lock}", version=VERSION, type=ComponentType.CONTAINER, bom_ref="image")
    bom.metadata.component = image
    components = {str(one.purl): one for one in _components(report)}
    bom.components.update(components.values())
    bom.register_dependency(image, components.values())
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def _components(report: Mapping[str, Any]) -> Iterator[Component]:
    for name, version in report["python"]:
        yield _component(name, version, PackageURL("pypi", None, name, version))
    for name, version, architecture in report["debian"]:
        yield _component(name, version, PackageURL("deb", "debian", name, version, {"arch": architecture}))


def _component(name: str, version: str, url: PackageURL) -> Component:
    return Component(name=name, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url))

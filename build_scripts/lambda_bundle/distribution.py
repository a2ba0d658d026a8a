"""One distribution of the runtime layer: its name, its wheel and its licence."""

from dataclasses import dataclass
from email.parser import BytesParser

from build_scripts.lambda_bundle.errors import WheelError
from build_scripts.lambda_bundle.packages.wheels import Wheel
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.slimming.stripping import collected_licences
from build_scripts.lambda_bundle.tree import Tree

FOLDER = "licenses/"


@dataclass(frozen=True)
class Distribution:
    """A distribution by its wheel's metadata: licence in words, and licence texts by their path in the layer."""

    name: str
    version: str
    wheel: Wheel
    licence: str
    licences: Tree


def read_distribution(wheel: Wheel, tree: Tree, recipe: Recipe) -> Distribution:
    """Return the metadata and the licence texts of an unpacked wheel.

    Raises:
        WheelError: it has no metadata, or those of another version.
    """
    records = [content for path, content in tree.items() if path.endswith(".dist-info/METADATA")]
    if len(records) != 1:
        raise WheelError(f"{wheel.path.name} has {len(records)} METADATA files, not 1.")
    metadata = BytesParser().parsebytes(records[0], headersonly=True)
    if metadata["Version"] != wheel.pin.version:
        found = f"{metadata['Name']} {metadata['Version']}"
        raise WheelError(f"{wheel.path.name} is {found} by its metadata, not {wheel.pin.version}: remove it.")
    licence = metadata["License-Expression"] or metadata["License"] or _classified(metadata.get_all("Classifier", []))
    top = f"{FOLDER}{wheel.pin.name}-{wheel.pin.version}/"
    texts = {f"{top}{_short(path)}": content for path, content in collected_licences(tree, recipe).items()}
    return Distribution(wheel.pin.name, wheel.pin.version, wheel, str(licence).splitlines()[0], texts)


def _classified(classifiers: list[str]) -> str:
    licences = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    return " AND ".join(licences) or "see its text"


def _short(path: str) -> str:
    top, _, rest = path.partition("/")
    return rest.removeprefix("licenses/") if top.endswith(".dist-info") else path

"""One distribution of the runtime layer: what it is called, where it came from, how it is licensed."""

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
    """A distribution as its wheel says: its licence in words, and the licence texts by their path in the layer."""

    name: str
    version: str
    wheel: Wheel
    licence: str
    licences: Tree


def read_distribution(wheel: Wheel, tree: Tree, recipe: Recipe) -> Distribution:
    """Return what an unpacked wheel says of itself.

    Raises:
        WheelError: it says nothing, or the name or version of another.
    """
    records = [content for path, content in tree.items() if path.endswith(".dist-info/METADATA")]
    if len(records) != 1:
        raise WheelError(f"{wheel.path.name} has {len(records)} METADATA files, not 1.")
    said = BytesParser().parsebytes(records[0], headersonly=True)
    if said["Version"] != wheel.pin.version:
        raise WheelError(f"{wheel.path.name} says it is {said['Name']} {said['Version']}.")
    licence = said["License-Expression"] or said["License"] or _classified(said.get_all("Classifier", []))
    top = f"{FOLDER}{wheel.pin.name}-{wheel.pin.version}/"
    texts = {f"{top}{_short(path)}": content for path, content in collected_licences(tree, recipe).items()}
    return Distribution(wheel.pin.name, wheel.pin.version, wheel, str(licence).splitlines()[0], texts)


def _classified(classifiers: list[str]) -> str:
    licences = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    return " AND ".join(licences) or "see its text"


def _short(path: str) -> str:
    top, _, rest = path.partition("/")
    return rest.removeprefix("licenses/") if top.endswith(".dist-info") else path

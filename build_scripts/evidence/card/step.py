"""The step that writes the card: manifest.json and proof.json of a package to CARD.md and plots/."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from build_scripts.errors import DataError
from build_scripts.evidence.card.across import read_across
from build_scripts.evidence.card.disturbed import read_disturbed
from build_scripts.evidence.card.plots import draw_all
from build_scripts.evidence.card.text import render_card
from build_scripts.evidence.other_processors.step import read_kept
from build_scripts.evidence.proof.proof import FILE, Proof
from functions.core.models.manifest import Manifest, read_manifest

CARD, PLOTS = "CARD.md", "plots"
Part = TypeVar("Part")


def write_card(folder: Path) -> Path:
    """Write CARD.md and the plots of a package's folder and return the card's path.

    What was measured on other processors and machines is on it if the folder has it.

    Raises:
        DataError: the folder has no manifest or no proof, or they are not of their form.
    """
    manifest, proof = read_package(folder)
    plots = draw_all(manifest, proof, folder / PLOTS)
    path = folder / CARD
    files = {name: f"{PLOTS}/{plot.name}" for name, plot in plots.items()}
    found = (read_kept(folder), read_across(folder), read_disturbed(folder))
    path.write_text(render_card(manifest, proof, files, *found))
    return path


def read_package(folder: Path) -> tuple[Manifest, Proof]:
    """Read the manifest and the proof of a package.

    Raises:
        DataError: a file is missing or not of its form.
    """
    return _read(folder / "manifest.json", read_manifest), _read(folder / FILE, _read_proof)


def _read(path: Path, parse: Callable[[bytes], Part]) -> Part:
    refusal = f"{path.parent} is no package with a proof: {path.name}"
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise DataError(f"{refusal} is not there, or cannot be read; build the package anew.") from error
    except ValueError as error:
        raise DataError(f"{refusal} is not of its form; build the package anew.") from error


def _read_proof(document: bytes) -> Proof:
    return TypeAdapter(Proof).validate_python(json.loads(document))

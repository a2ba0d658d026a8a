"""A network of the zoo as its owner has it: weights, network file, recipe and three files of records."""

import inspect
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from build_scripts.benchmarks.networks.checkpoint_forms import CHECKPOINT_FORMS
from build_scripts.benchmarks.networks.toy_machine import (
    CHANNELS,
    CLASSES,
    SAMPLE_RATE_HZ,
    WINDOW,
    toy_records,
    train_on,
)
from build_scripts.benchmarks.networks.zoo import Kind

# Parts of the records, and the seed of each.
PARTS = {"training": 1, "fitting": 2, "unseen": 3}


@dataclass(frozen=True)
class Effort:
    """The effort of a case: records of each part, steps of training, windows of calibration; small networks or not.

    variants: candidates that the recipe names; none names none, and the build tries its own.
    """

    records: int
    steps: int
    windows: int = 128
    small: bool = False
    variants: tuple[str, ...] = ()


FULL = Effort(records=160, steps=80)


@dataclass(frozen=True)
class Case:
    """The two files that a build is called with."""

    checkpoint: Path
    recipe: Path


def write_case(name: str, kind: Kind, folder: Path, effort: Effort = FULL) -> Case:
    """Train a kind of network and write all that a build of it reads into a new folder."""
    folder.mkdir(parents=True)
    for part, seed in PARTS.items():
        records = toy_records(seed, effort.records)
        np.savez(
            folder / f"{part}.npz",
            signals=records.signals,
            label=records.label,
            class_names=np.array(CLASSES),
            sample_rate=float(SAMPLE_RATE_HZ),
        )
    torch.manual_seed(0)
    arguments = {"width": kind.small} if effort.small else {}
    network = train_on(toy_records(PARTS["training"], effort.records), kind.network(**arguments), effort.steps)
    shutil.copyfile(inspect.getfile(kind.network), folder / "network.py")
    checkpoint = CHECKPOINT_FORMS[kind.checkpoint](network, folder)
    recipe = folder / "recipe.toml"
    recipe.write_text(_recipe(name, kind, arguments, effort))
    return Case(checkpoint, recipe)


def _recipe(name: str, kind: Kind, arguments: dict[str, int], effort: Effort) -> str:
    # TOML's strings, numbers and lists are those of JSON.
    classes = ", ".join(f'{{ id = "{one}", name = "{one.capitalize()}" }}' for one in CLASSES)
    network = {"file": "network.py", "factory": kind.network.__name__, **kind.recipe}
    quantization = {"windows": effort.windows} | ({"variants": effort.variants} if effort.variants else {})
    tables: dict[str, Mapping[str, object]] = {
        "model": {"name": name, "title": kind.label, "channels": CHANNELS, "window": WINDOW},
        "network": network,
        "data": {part: f"{part}.npz" for part in PARTS} | {"description": "a toy machine", "limits": "A toy."},
        "quantization": quantization,
    }
    text = {title: _lines(values) for title, values in tables.items()}
    text["model"] += f"sample_rate_hz = {SAMPLE_RATE_HZ}\nclasses = [{classes}]\n"
    text["network"] += "".join(f"arguments.{key} = {value}\n" for key, value in arguments.items())
    return "\n".join(f"[{title}]\n{lines}" for title, lines in text.items())


def _lines(values: Mapping[str, object]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())

"""What the plain rule sees in real recordings: the table of docs/bearings.md."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from functions.core.bearings.catalogue import find_bearing
from functions.core.bearings.evidence import bearing_evidence
from functions.core.preprocessing.arrays import Float32Array

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
FAN_END = "cwru-fan-end/cwru_12k_fe_load0_load1.npz"
DRIVE_END = [f"cwru/cwru_12k_de_{part}.npz" for part in ("train_load0", "train_load1", "train_load2", "test")]
FAULTS = {"I": "inner_race", "O": "outer_race", "B": "rolling_element"}

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the recordings lie beside the project, and are not here")


class Real(NamedTuple):
    label: str
    rpm: float
    samples: Float32Array


def recordings(name: str) -> Iterator[Real]:
    with np.load(DATA / name) as file:
        labels = file["label_name"] if "label_name" in file else file["classes"][file["label"]]
        for one, label, rpm in zip(file["names"], labels, file["rpm"], strict=True):
            yield Real(str(label), float(rpm), file[f"sig_{one}"])


def seen(name: str, bearing: str) -> Counter[tuple[str, str]]:
    """How often recordings of a kind support what: the label without its size, and the faults, strongest line first."""
    orders, found = find_bearing(bearing).orders(), Counter[tuple[str, str]]()
    for one in recordings(name):
        supported = bearing_evidence(one.samples[None], 12_000, one.rpm, orders).supported
        found[one.label, "+".join(supported)] += 1
    return found


def test_the_fan_end_shows_its_race_faults_but_those_opposite_to_the_load() -> None:
    found = seen(FAN_END, "6203")
    right = Counter[str]()
    for (label, supported), count in found.items():
        kind = label[:2] + label.partition("@")[2]
        right[kind] += count * (FAULTS[label[0]] in supported.split("+"))
    assert right == {"IR": 6, "OR6": 4, "OR3": 5, "OR12": 0, "B0": 0}
    wrong = {key for key in found if set(key[1].split("+")) - {FAULTS[key[0][0]], "cage", ""}}
    assert wrong == set()


def test_the_drive_end_shows_its_race_faults_and_no_normal_a_fault() -> None:
    found = sum((seen(name, "6205") for name in DRIVE_END), Counter[tuple[str, str]]())
    assert {key[1] for key in found if key[0] == "Normal"} == {""}
    visible = Counter[str]()
    for (label, supported), count in found.items():
        if label != "Normal":
            visible[label] += count * (FAULTS[label[0]] in supported.split("+"))
    assert visible == {
        **dict.fromkeys(("IR007", "IR014", "IR021", "OR007", "OR021"), 4),
        **dict.fromkeys(("OR014", "B007", "B014"), 0),
        "B021": 1,
    }
    assert sum(count for key, count in found.items() if {"inner_race", "outer_race"} <= set(key[1].split("+"))) == 0

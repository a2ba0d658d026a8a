"""Agreement of the evidence of spectral lines with the class that a network names."""

from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from functions.core.bearings.lines import Evidence, Fault

# Faults by words in the ids of classes. Clearance in a journal bearing lets the oil film whirl as well.
_FAULTS: dict[str, Fault] = {
    "outer": "outer_race",
    "inner": "inner_race",
    "ball": "rolling_element",
    "roller": "rolling_element",
    "element": "rolling_element",
    "cage": "cage",
    "whirl": "oil_whirl",
    "clearance": "oil_whirl",
}
_HEALTHY = frozenset({"normal", "healthy", "good", "baseline"})


def faults_of_class(class_id: str) -> Set[Fault] | None:
    """Return the faults that a class stands for: an empty set for a healthy class, None where no line shows it."""
    words = class_id.replace("-", "_").split("_")
    faults = {_FAULTS[word] for word in words if word in _FAULTS}
    return faults if faults or _HEALTHY.intersection(words) else None


def evidence_agrees(class_id: str, evidence: Evidence) -> bool | None:
    """Return whether evidence supports a class: True, False where it supports another, None where it is undecided.

    It is undecided where no line is visible, also about a healthy class: some faults leave no line. The cage's lines
    also support a fault of a rolling element, which passes through the load with the cage.
    """
    faults, supported = faults_of_class(class_id), set(evidence.supported)
    if faults is None or not supported:
        return None
    if supported == {"cage"} and "rolling_element" in faults:
        return True
    return bool(faults & supported)


def is_unproven(class_id: str, evidence: Evidence) -> bool:
    """Return whether a class is a healthy one, and no line of the bearing is visible: many faults leave none."""
    return evidence.shows_no_line and faults_of_class(class_id) == frozenset()


def classes_of_lines(class_ids: Sequence[str], evidence: Evidence) -> NDArray[np.bool_]:
    """Return which classes visible lines speak for, bool [K]: none where none is visible."""
    return np.array([evidence_agrees(one, evidence) is True for one in class_ids], np.bool_)

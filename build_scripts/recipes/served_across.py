"""Figures of a model's served answers to a rig's recordings: how often it is right, and how sure it is."""

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from msgspec.structs import replace

from build_scripts.data.fault_lines import CLASSES
from build_scripts.data.rig_bearings import RigRecording
from build_scripts.evidence.proof.reliability import reliability_of
from functions.core.bearings.stated import ORDER_NAMES
from functions.core.models.agreement import faults_of_class
from functions.core.models.diagnosis import Diagnosis
from functions.core.models.models import ModelRepository
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import Diagnoser, Limits
from functions.core.preprocessing.signal import RateRange, Recording

_LIMITS = Limits(RateRange(1.0, 1e6), 100_000)


def served_across(repository: ModelRepository, name: str, recordings: Sequence[RigRecording]) -> dict[str, object]:
    """Return figures of a model's answers, without and with shaft speed and bearing where it can do without them.

    A class of the right type of fault counts as right: the size of a fault has no meaning on another machine.
    """
    diagnoser = Diagnoser(repository, name, _LIMITS)
    needs = any(one.required for one in repository.manifest(name).input.conditions_taken)
    ways = {} if needs else {"alone": [_diagnosis(diagnoser, one, stated=False) for one in recordings]}
    ways["speed and bearing stated"] = [_diagnosis(diagnoser, one, stated=True) for one in recordings]
    return {way: _figures(diagnoses, recordings) for way, diagnoses in ways.items()}


def _diagnosis(diagnoser: Diagnoser, one: RigRecording, *, stated: bool) -> Diagnosis:
    options = DiagnosisOptions(sample_rate_hz=one.sample_rate_hz, model=diagnoser.default_model)
    if stated:
        orders = dict(zip(ORDER_NAMES, astuple(one.orders), strict=True))
        options = replace(options, shaft_speed_rpm=one.rpm, **orders)
    return diagnoser.diagnose(Recording(one.samples[None]), options)


def _figures(diagnoses: Sequence[Diagnosis], recordings: Sequence[RigRecording]) -> dict[str, object]:
    named = [one.manifest.classes[one.predicted_class].id for one in diagnoses]
    labels = [CLASSES[one.label][0] for one in recordings]
    pairs = zip(named, labels, strict=True)
    right = np.array([faults_of_class(one) == faults_of_class(label) for one, label in pairs], np.bool_)
    confidence = np.array([one.confidence for one in diagnoses])
    found = reliability_of(confidence, right)
    agrees = [one.evidence_agrees for one in diagnoses]
    return {
        "recordings": len(right),
        "right": int(right.sum()),
        "confidence": float(confidence.mean()),
        "calibration_error": found.error,
        "by_chance": found.by_chance,
        "agree": agrees.count(True),
        "contradicted": agrees.count(False),
    }

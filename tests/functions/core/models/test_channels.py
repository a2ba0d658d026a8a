"""Every channel of a recording, and the worst of them."""

import msgspec
import numpy as np
import pytest

from functions.core.errors import BatchTooLargeError
from functions.core.models.channels import each_channel, worst_of
from functions.core.models.diagnosis import Diagnosis
from functions.core.models.manifest import ClassLabel
from functions.core.preprocessing.signal import Recording
from tests.support.packages import make_manifest
from tests.support.recordings import MEASURED


def diagnosis(classes: tuple[str, ...], *probabilities: float) -> Diagnosis:
    labels = [ClassLabel(id=one, name=one) for one in classes]
    manifest = msgspec.structs.replace(make_manifest("tiny", "1", b""), classes=labels)
    return Diagnosis(manifest, "fp32", np.array(probabilities), 1, None, 1.0, MEASURED)


def test_the_worst_is_the_least_healthy_not_the_surest() -> None:
    classes = ("healthy", "wear", "crack")
    sure, torn = diagnosis(classes, 0.4, 0.6, 0.0), diagnosis(classes, 0.1, 0.45, 0.45)
    assert worst_of([diagnosis(classes, 0.9, 0.1, 0.0), sure, torn], {"healthy"}) == 2
    assert worst_of([sure, msgspec.structs.replace(sure)], {"healthy"}) == 0


def test_without_a_healthy_class_the_worst_is_the_surest() -> None:
    assert worst_of([diagnosis(("a", "b"), 0.6, 0.4), diagnosis(("a", "b"), 0.2, 0.8)], {"healthy"}) == 1


def test_the_healthy_classes_are_those_of_the_settings() -> None:
    classes = ("good", "wear")
    assert worst_of([diagnosis(classes, 0.8, 0.2), diagnosis(classes, 0.1, 0.9)], {"good"}) == 1
    assert worst_of([diagnosis(classes, 0.95, 0.05), diagnosis(classes, 0.1, 0.9)], {"healthy"}) == 0


def test_each_channel_keeps_its_name_and_unit() -> None:
    recording = Recording(np.zeros((2, 3), np.float32), channel_names=("x", "v"), channel_units=("g", "mm/s"))
    assert [(one.channel_names, one.channel_units) for one in each_channel(recording, 2)] == [
        (("x",), ("g",)),
        (("v",), ("mm/s",)),
    ]
    assert [one.channel_names for one in each_channel(msgspec.structs.replace(recording, channel_names=()), 2)] == [
        ("0",),
        ("1",),
    ]
    with pytest.raises(BatchTooLargeError):
        each_channel(recording, 1)

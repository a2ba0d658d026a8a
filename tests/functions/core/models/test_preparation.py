from pathlib import Path

import msgspec
import numpy as np
import pytest

from functions.core.bearings.features import FAULTS, LENGTH, fault_line_features
from functions.core.errors import ConditionMissingError
from functions.core.models.manifest import Manifest, Preprocessing, input_of_file
from functions.core.models.models import ModelRepository
from functions.core.models.preparation import input_rows, window_samples

ROWS = np.array([[1797, 3.5848, 5.4152, 2.35675, 0.39828]], np.float32)
WINDOWS = np.random.default_rng(0).standard_normal((1, 1, 24_000)).astype(np.float32)


@pytest.fixture
def plain(models_dir: Path) -> Manifest:
    return ModelRepository(models_dir).manifest("tiny")


@pytest.fixture
def fault_lines(plain: Manifest) -> Manifest:
    return msgspec.structs.replace(plain, preprocessing=Preprocessing(id="fault-lines"))


def test_windows_go_to_the_engine_as_they_are(plain: Manifest) -> None:
    assert input_rows(WINDOWS, None, plain) is WINDOWS
    assert input_of_file(plain) is plain.input


def test_fault_lines_go_to_the_engine_in_their_place(fault_lines: Manifest) -> None:
    assert np.array_equal(input_rows(WINDOWS, ROWS, fault_lines), fault_line_features(WINDOWS, ROWS))
    taken = input_of_file(fault_lines)
    assert (taken.channels, taken.window) == (FAULTS, LENGTH)


def test_fault_lines_need_conditions(fault_lines: Manifest) -> None:
    with pytest.raises(ConditionMissingError, match="The model reads the lines of a bearing: send its conditions"):
        input_rows(WINDOWS, None, fault_lines)


def test_a_window_lasts_as_long_at_any_rate(fault_lines: Manifest) -> None:
    seconds = fault_lines.input.window / fault_lines.input.sample_rate_hz
    assert window_samples(fault_lines, 25_600) == 25_600 * seconds

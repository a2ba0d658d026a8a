import numpy as np
import pytest

from build_scripts.errors import DataError
from build_scripts.networks.conditions import random_rows, read_conditions, rows_of, write_conditions
from functions.core.models.manifest import Condition

SPEED = Condition(name="speed", unit="rpm", minimum=100, maximum=6000)
LOAD = Condition(name="load", unit="kN", minimum=-2, maximum=-1, required=False, default=-1)


def test_random_rows_fill_the_ranges() -> None:
    rows = random_rows([SPEED, LOAD], 1000, np.random.default_rng(0))
    assert rows is not None
    assert (rows.shape, rows.dtype) == ((1000, 2), np.dtype(np.float32))
    assert rows.min(axis=0) == pytest.approx([100, -2], rel=0.3)
    assert rows.max(axis=0) == pytest.approx([6000, -1], rel=0.3)
    assert random_rows([], 3, np.random.default_rng(0)) is None


def test_a_record_s_row_stands_for_each_window() -> None:
    rows = rows_of(np.array([1, 2], np.float32), 2)
    assert rows is not None
    assert rows.tolist() == [[1, 2], [1, 2]]
    assert rows_of(None, 2) is None


def test_an_onnx_file_lists_them() -> None:
    assert read_conditions(write_conditions([SPEED, LOAD])) == [SPEED, LOAD]
    assert (write_conditions([]), read_conditions({})) == ({}, [])
    with pytest.raises(DataError, match="does not list conditions"):
        read_conditions({"conditions": "speed"})

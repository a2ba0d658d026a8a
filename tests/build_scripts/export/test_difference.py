import numpy as np
import pytest

from build_scripts.export.difference import largest_difference


@pytest.mark.parametrize(
    ("measured", "expected", "difference"),
    [([0.5, 0.0], [0.25, 0.0], 0.25), ([110.0], [100.0], 0.1), ([-2.0], [-1.0], 1.0), ([], [], 0.0)],
    ids=["absolute below 1", "relative above", "signed", "empty"],
)
def test_difference(measured: list[float], expected: list[float], difference: float) -> None:
    found = largest_difference(np.array(measured, np.float32), np.array(expected, np.float32))
    assert found == pytest.approx(difference)


def test_not_a_number_is_not_hidden() -> None:
    assert np.isnan(largest_difference(np.array([np.nan, 0], np.float32), np.array([0, 5], np.float32)))

import numpy as np

from build_scripts.recipes.across_machines import macro_auroc


def test_the_area_is_that_of_pairs_in_order() -> None:
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]])
    # Of two and two windows three of four pairs stand in order, for either class.
    assert macro_auroc(probabilities, np.array([0, 0, 1, 1])) == 0.75


def test_one_class_alone_has_none() -> None:
    assert macro_auroc(np.array([[0.9, 0.1]]), np.array([0])) is None

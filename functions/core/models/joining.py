"""Joining the probabilities of a recording's windows into one diagnosis."""

import numpy as np

from functions.core.models.manifest import JoinRule
from functions.core.models.softmax import softmax
from functions.core.preprocessing.arrays import Float64Array


def join_probabilities(probabilities: Float64Array, rule: JoinRule) -> Float64Array:
    """Join the class probabilities of B windows by the rule the manifest names.

    `mean` is the arithmetic mean. `evidence` adds up the windows' log-probabilities as Bayes' rule
    does for windows that are independent given the class: one window with a cavitation burst settles
    a recording whose other windows look healthy. `floor` bounds what one window can say against a class,
    and `independence` in [0, 1] counts B windows as `1 + (B - 1) * independence` independent ones. A single
    window stands for itself under both rules.

    `doubt` is mixed into the result: the diagnosis never claims more certainty than the validation
    records could show.

    Args:
        probabilities: float64 [B, K], rows summing to 1.
        rule: the manifest's rule.

    Returns:
        float64 [K], summing to 1.
    """
    joined = _joined(probabilities, rule)
    return (1 - rule.doubt) * joined + rule.doubt / len(joined)


def _joined(probabilities: Float64Array, rule: JoinRule) -> Float64Array:
    if rule.rule == "mean" or len(probabilities) == 1:
        return np.asarray(probabilities.mean(axis=0))
    evidence = np.log(np.maximum(probabilities, rule.floor)).mean(axis=0)
    return softmax(evidence * (1 + (len(probabilities) - 1) * rule.independence))

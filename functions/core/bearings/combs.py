"""Combs whose tooth a fault's line may be: of a part that strikes more slowly than the shaft turns.

A belt, or a damaged tooth on a slower shaft, strikes at an order of its own, and leaves lines at all multiples of it.
Where one of these falls on the line of a bearing's fault, those below it tell the two apart: a fault has none there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.core.bearings.spectra import widened
from functions.core.preprocessing.arrays import Float32Array

# Fewer teeth below a line stand by chance.
_FEWEST_TEETH = 4
# Of the shaft's speed: sidebands of the shaft itself stand around the lines of a fault, and are no comb.
_FASTEST = 0.9
# Nor are sidebands of the cage, once and twice its order, within this part of it.
_CAGE_OFF = 0.05
_FEWEST_BINS = 3.0
# Of the teeth of a comb, those that stand: the shaft's lines, which are blotted out, may hide some.
_LEAST_OF_TEETH = 0.75


@dataclass(frozen=True)
class Combs:
    """Combs that a line may be a tooth of: its first to its last tooth below the line, comb after comb.

    divisors: the number of the line's own tooth, float32 [combs]; teeth: of all combs, in parts of the line's order,
    float32 [teeth]; starts: index of each comb's first tooth [combs].
    """

    divisors: Float32Array
    teeth: Float32Array
    starts: NDArray[np.intp]

    def means(self, teeth: NDArray[np.generic]) -> Float32Array:
        """Return the means of values [..., teeth] over each comb, float32 [..., combs]."""
        sums = np.add.reduceat(teeth, self.starts, axis=-1, dtype=np.float32)
        return np.asarray(sums / (self.divisors - 1))

    def of_slower_part(self, orders: float | Float32Array, cage_order: float, turn_bins: float) -> NDArray[np.bool_]:
        """Return which combs are of a part that is slower than the shaft, and no sidebands of the cage: [..., combs].

        Args:
            orders: of lines, each a tooth of every comb: a number, or [..., 1].
            cage_order: of the cage.
            turn_bins: bins of a spectrum from one multiple of the shaft's speed to the next.
        """
        spacing = orders / self.divisors
        cages = spacing / cage_order
        is_cage = np.abs(cages - np.clip(np.rint(cages), 1, 2)) <= _CAGE_OFF * cages
        return np.asarray((spacing < _FASTEST) & (spacing * turn_bins >= _FEWEST_BINS) & ~is_cage)


def combs_up_to(most_teeth: int) -> Combs:
    """Return the combs that have from 4 to so many teeth below a line."""
    divisors = np.arange(_FEWEST_TEETH + 1, most_teeth + 2)
    teeth = np.concatenate([np.arange(1, divisor) / divisor for divisor in divisors])
    starts = np.concatenate([[0], np.cumsum(divisors - 1)[:-1]])
    return Combs(divisors.astype(np.float32), teeth.astype(np.float32), starts.astype(np.intp))


_LONG = combs_up_to(59)


def slower_part(
    order: float, cage_order: float, stands: NDArray[np.bool_], bin_order: float, own_tooth: int = 0
) -> float | None:
    """Return the order of a part slower than the shaft of whose lines those of a fault are some; None where of none.

    Args:
        order: of the fault's first line; where only every second line is the part's, the second one is.
        cage_order: of the cage.
        stands: whether each bin of a spectrum is a line, [F].
        bin_order: how far two bins are apart, in multiples of the shaft's speed.
        own_tooth: number of the first line's tooth in a comb that the fault itself leaves; 0 where it leaves none.
    """
    wide = widened(stands)
    for multiple in (1, 2):
        line = multiple * order
        places = np.rint(_LONG.teeth * line / bin_order).astype(np.intp)
        stand = _LONG.means(wide.take(places, mode="clip")) >= _LEAST_OF_TEETH
        stand &= _LONG.divisors != multiple * own_tooth
        fitting = np.flatnonzero(stand & _LONG.of_slower_part(line, cage_order, 1 / bin_order))
        if len(fitting):
            # Coarser ones are of every second tooth of the part's own, or every third.
            return line / float(_LONG.divisors[fitting[-1]])
    return None

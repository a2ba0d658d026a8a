"""Evidence of a bearing's faults: the level of their lines in the envelope spectrum, and the faults these support.

The rule of the field: where a part of the bearing is damaged, its order and the multiples of it stand out of the
whitened envelope spectrum. It takes no training and no model, only shaft speed and geometry.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from functions.core.bearings.blotting import blot_out, blot_out_leaked
from functions.core.bearings.combs import slower_part
from functions.core.bearings.envelope import EnvelopeSpectrum, envelope_spectrum
from functions.core.bearings.lines import OUTER_RACE, Evidence, EvidenceLine, Fault, Harmonic
from functions.core.bearings.orders import FaultOrders
from functions.core.bearings.speed import refined_speed_rpm
from functions.core.errors import FaultFrequencyError, TooFewTurnsError
from functions.core.preprocessing.arrays import Float32Array, Float64Array, WholeSpectrum

# To separate lines a tenth of an order apart.
FEWEST_TURNS = 10.0
# A speed up to this one may be meant in Hz.
_FASTEST_HZ = 200.0
# Harmonics that are reported, and those of them that decide.
_REPORTED = 6
_DECIDING = 4
# Elements slip: all harmonics of a fault move together, by so much. Source: Randall and Antoni 2011, section 2.
_SLIPS = np.linspace(-0.007, 0.007, 15)
# One strong line decides no more than this, times the floor.
_MOST_RATIO = 12.0
# A fault is visible where the mean of its lines, and the second highest of them, are so many times the floor. In white
# noise one mean of a thousand is above 1 + 1.45 / sqrt(windows); in recordings of real machines without a fault the
# highest of 9 was 1.5, of 3 and 6 windows.
_LEAST_RATIO = 1.6
_NOISE_RATIO = 1.5
# What a speed may be off by where the shaft's lines in the envelope are looked for, and how many of these decide. Of
# simulated loose machines without a fault whose bearing has an order near a whole number, one in ten showed a fault
# where these lines were taken to stand at the stated speed, and one in sixty where they are looked for.
_SHAFT_OFF = np.linspace(-0.0016, 0.0016, 17)
_SHAFT_LINES = 24
# A comb of the shaft in the envelope shows its speed up to this far off: so many multiples, of which so many stand so
# high, clearly above every other comb of a wider search, in bins narrow enough to tell.
_MOST_COMB_OFF = 0.01
_COMB_OFF = np.linspace(-0.03, 0.03, 151)
_COMB_LINES, _FEWEST_COMB_LINES, _COMB_RATIO = 12, 11, 2.0
_SAME_COMB, _CLEAR_COMB = 0.008, 1.2
_WIDEST_BIN = 0.05
# Slip that changes smears the lines of a fault, by this part of their frequency.
_SMEARED = 0.003
_MOST_SIDEBANDS = 2
# Of a slower part's comb no line stands out: the others are at least this part of it.
_TOOTH_PART = 0.7


@dataclass(frozen=True)
class _Series:
    """The series of lines that a fault leaves: at the multiples `step`, 2 `step`, ... of an order.

    own_tooth: number of its first line's tooth in a comb that the fault itself leaves; 0 where it leaves none.
    """

    name: str
    order: float
    fault: Fault
    step: int = 1
    own_tooth: int = 0


@dataclass(frozen=True)
class _Found:
    """The result of a search for a series: the slip at which its lines are highest, their mean, the second highest."""

    slip: float
    mean: float
    second: float

    def is_visible(self, least_ratio: float) -> bool:
        """Whether the lines are neither noise nor a single line of something else."""
        return min(self.mean, self.second) >= least_ratio


def bearing_evidence(
    samples: Float32Array,
    sample_rate_hz: float,
    shaft_speed_rpm: float,
    orders: FaultOrders,
    whole: WholeSpectrum | None = None,
) -> Evidence:
    """Return the evidence of a bearing's faults: lines of BPFO, BPFI, BSF (at twice its order) and FTF.

    Args:
        samples: float32 [C, N], finite; the spectra of all channels are averaged.
        sample_rate_hz: of the samples.
        shaft_speed_rpm: as it is stated.
        orders: of the bearing.
        whole: for the spectrum of a recording that is one window, where others need it as well.

    Raises:
        FaultFrequencyError: a fault would repeat faster than the sample rate can show.
        TooFewTurnsError: the recording is too short to separate the lines.
        ShaftSpeedContradictsError: as `refined_speed_rpm`.
    """
    series = _series(orders)
    check_resolved(samples.shape[1] / sample_rate_hz, sample_rate_hz, shaft_speed_rpm, orders)
    used_rpm = refined_speed_rpm(samples, sample_rate_hz, shaft_speed_rpm)
    highest_order = max(one.step * one.order for one in series) * _REPORTED * (1 + float(_SLIPS[-1]))
    spectrum = envelope_spectrum(samples, sample_rate_hz, used_rpm / 60, highest_order, whole)
    factor = _shown_factor(spectrum, orders.bpfi)
    used_rpm, spectrum = used_rpm * factor, replace(spectrum, bin_order=spectrum.bin_order / factor)
    found, supported, slower = _weigh(spectrum, series)
    lines = [_line(one, found[one.name], one.name in supported, spectrum, used_rpm / 60) for one in series]
    return Evidence(used_rpm, lines, slower)


def check_resolved(duration_s: float, sample_rate_hz: float, shaft_speed_rpm: float, orders: FaultOrders) -> None:
    """Check that a recording can show the lines of a bearing: by its sample rate and its duration.

    Raises:
        FaultFrequencyError: a fault would repeat faster than the sample rate can show.
        TooFewTurnsError: the recording is too short to separate the lines.
    """
    check_in_band(sample_rate_hz, shaft_speed_rpm, orders)
    check_turns(duration_s, shaft_speed_rpm)


def check_in_band(sample_rate_hz: float, shaft_speed_rpm: float, orders: FaultOrders) -> None:
    """Check that a sample rate shows every fault of a bearing; raises FaultFrequencyError."""
    shaft_hz = shaft_speed_rpm / 60
    highest = max(_series(orders), key=lambda one: one.step * one.order)
    highest_hz = highest.step * highest.order * shaft_hz
    if highest_hz >= sample_rate_hz / 2:
        raise FaultFrequencyError(
            f"At {shaft_speed_rpm:g} rpm {highest.name} lies at {highest_hz:.0f} Hz, but a sample rate of"
            f" {sample_rate_hz:g} Hz shows lines below {sample_rate_hz / 2:g} Hz: check the speed and the rate."
        )


def check_turns(duration_s: float, shaft_speed_rpm: float) -> None:
    """Check that a recording has enough turns of the shaft to separate lines; raises TooFewTurnsError."""
    needed_s = FEWEST_TURNS * 60 / shaft_speed_rpm
    if duration_s < needed_s:
        in_hz = shaft_speed_rpm <= _FASTEST_HZ and duration_s >= needed_s / 60
        hint = f" ({shaft_speed_rpm:g} Hz would be {60 * shaft_speed_rpm:g} rpm)" if in_hz else ""
        raise TooFewTurnsError(
            f"The recording has {duration_s:.3g} s, {duration_s * shaft_speed_rpm / 60:.3g} turns of the shaft; to tell"
            f" its lines apart takes {FEWEST_TURNS:g} turns, {needed_s:.3g} s at {shaft_speed_rpm:g} rpm{hint}."
        )


def _series(orders: FaultOrders) -> list[_Series]:
    return [
        _Series(OUTER_RACE, orders.bpfo, "outer_race"),
        # Elements that are not alike leave a comb in the lines of an inner race: of its turns past the cage.
        _Series("BPFI", orders.bpfi, "inner_race", own_tooth=round(orders.bpfo + orders.bpfi)),
        # An element strikes both races in a turn about itself.
        _Series("BSF", orders.bsf, "rolling_element", step=2),
        _Series("FTF", orders.ftf, "cage"),
    ]


def _least_ratio(spectrum: EnvelopeSpectrum) -> float:
    """Return the least mean of a fault's lines at which they are not noise."""
    return max(_LEAST_RATIO, 1 + _NOISE_RATIO / math.sqrt(spectrum.windows))


def _weigh(spectrum: EnvelopeSpectrum, series: Sequence[_Series]) -> tuple[dict[str, _Found], set[str], float | None]:
    """Search for each series: what was found of it, the names of those that are visible, the order of a slower part.

    The strongest first: lines of the shaft, or of a fault that is visible already, count for no other fault. Lines that
    are some of a slower part's, a belt's for one, count for none.
    """
    ratios = np.minimum(spectrum.ratios, _MOST_RATIO)
    shaft = _shaft_lines(ratios, spectrum)
    blot_out_leaked(ratios, spectrum.ratios, shaft)
    blot_out(ratios, shaft)
    places = {one.name: _slipped(one, spectrum.bin_order) for one in series}
    found: dict[str, _Found] = {}
    visible: set[str] = set()
    rest = list(series)
    least = _least_ratio(spectrum)
    cage_order = series[-1].order
    slower: float | None = None
    while rest:
        weighed = {one.name: _search(ratios, places[one.name]) for one in rest}
        seen = [one for one in rest if weighed[one.name].is_visible(least)]
        if not seen:
            return found | weighed, visible, slower
        best = max(seen, key=lambda one: weighed[one.name].mean)
        rest.remove(best)
        found[best.name] = weighed[best.name]
        order = best.step * best.order * (1 + found[best.name].slip)
        stands = ratios >= max(least, _TOOTH_PART * found[best.name].mean)
        part = slower_part(order, cage_order, stands, spectrum.bin_order, best.own_tooth)
        if part is None:
            visible.add(best.name)
            blot_out(ratios, _family(best, found[best.name].slip, len(ratios), spectrum.bin_order), _SMEARED)
        slower = slower or part
    return found, visible, slower


def _shown_factor(spectrum: EnvelopeSpectrum, bpfi: float) -> float:
    """Return the speed that the shaft's comb in the envelope shows, by the one that is used; 1 where none is clear.

    A loose machine strikes once a turn: its comb stands in the envelope where its tones are too few to show the speed.
    A fault of the inner race, whose lines have sidebands of the shaft, makes a comb as well where its order is near a
    whole number: none is clear there.
    """
    highest = _COMB_LINES * (1 + _COMB_OFF[-1])
    if spectrum.bin_order > _WIDEST_BIN or len(spectrum.ratios) * spectrum.bin_order <= highest:
        return 1.0
    multiples = np.arange(1, _COMB_LINES + 1) / spectrum.bin_order
    lines = _levels(np.minimum(spectrum.ratios, _MOST_RATIO), multiples, _COMB_OFF)
    means = lines.mean(axis=-1)
    best = int(means.argmax())
    others = means[np.abs(_COMB_OFF - _COMB_OFF[best]) > _SAME_COMB]
    clear = means[best] > _CLEAR_COMB * others.max() and (lines[best] >= _COMB_RATIO).sum() >= _FEWEST_COMB_LINES
    off, inner_off = float(_COMB_OFF[best]), bpfi / max(1, round(bpfi)) - 1
    likely = _SHAFT_OFF[-1] < abs(off) <= _MOST_COMB_OFF and abs(off - inner_off) > _SAME_COMB / 2
    return 1 + off if clear and likely else 1.0


def _shaft_lines(ratios: Float64Array, spectrum: EnvelopeSpectrum) -> Float64Array:
    """Return the places, in bins, of the shaft's multiples: at the used speed, or near it where their comb stands."""
    multiples = np.arange(1, int(len(ratios) * spectrum.bin_order) + 1) / spectrum.bin_order
    if not len(multiples):
        return multiples
    means = _levels(ratios, multiples[:_SHAFT_LINES], _SHAFT_OFF).mean(axis=-1)
    best = int(means.argmax())
    return multiples * (1 + _SHAFT_OFF[best]) if means[best] >= _least_ratio(spectrum) else multiples


def _levels(ratios: Float64Array, places: Float64Array, offsets: Float64Array) -> Float64Array:
    """Return the levels of lines [N] in bins, moved by each of some offsets, float64 [offsets, N]."""
    return ratios.take(np.rint((1 + offsets)[:, None] * places).astype(np.intp), mode="clip")


def _slipped(one: _Series, bin_order: float) -> NDArray[np.intp]:
    """Return the places, in bins, of the deciding lines of a series at each slip, [slips, lines]."""
    multiples = np.arange(1, _DECIDING + 1) * (one.step * one.order / bin_order)
    return np.rint((1 + _SLIPS)[:, None] * multiples).astype(np.intp)


def _search(ratios: Float64Array, places: NDArray[np.intp]) -> _Found:
    """Return the slip at which the deciding lines of a series [slips, lines] are highest together."""
    levels = np.where(places < len(ratios), ratios.take(places, mode="clip"), 1.0)
    means = levels.mean(axis=-1)
    best = int(means.argmax())
    return _Found(float(_SLIPS[best]), float(means[best]), float(np.sort(levels[best])[-2]))


def _family(one: _Series, slip: float, bins: int, bin_order: float) -> Float64Array:
    """Return the places, in bins, of all lines that a fault leaves: its multiples with sidebands of the shaft."""
    order = one.order * one.step * (1 + slip)
    multiples = np.arange(1, int(bins * bin_order / order) + 2) * order
    sidebands = np.arange(-_MOST_SIDEBANDS, _MOST_SIDEBANDS + 1)
    return np.asarray((multiples[:, None] + sidebands).ravel() / bin_order)


def _line(one: _Series, found: _Found, visible: bool, spectrum: EnvelopeSpectrum, shaft_hz: float) -> EvidenceLine:
    order = one.order * (1 + found.slip) if visible else one.order
    multiples = (np.arange(1, _REPORTED + 1) * one.step).tolist()
    places = {n: round(order * n / spectrum.bin_order) for n in multiples}
    harmonics = [
        Harmonic(n, round(20 * math.log10(max(spectrum.ratios[place], 1e-3)), 1))
        for n, place in places.items()
        if place < len(spectrum.ratios)
    ]
    return EvidenceLine(one.name, one.order, order * shaft_hz, harmonics, one.fault if visible else None)

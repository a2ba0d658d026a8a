"""Units as files write them, and recordings in the units that are served."""

import numpy as np
import pytest

from functions.core.preprocessing.signal import Recording, Unit
from functions.core.preprocessing.units import in_served_units, known_unit, scale_of


@pytest.mark.parametrize(
    ("texts", "unit", "factor"),
    [
        (("g", " [G] ", "gn", "g_n", "G's", "g pk", "g rms", "gRMS", "g (rms)", "g 0-pk"), "g", 1.0),
        (("mg", "[mg]", "mg rms", "milli-g"), "g", 1e-3),
        (("ug", "\xb5g", "\u03bcg"), "g", 1e-6),
        (("m/s2", "(m/s2)", "m/s^2", "m/s\xb2", "m/s/s", "m/s**2", "m/sec\xb2", "m/(s^2)"), "m/s2", 1.0),
        (("ms-2", "m\xb7s\u207b\xb2", "m_s2", "metersPerSecond2", "meters per second squared"), "m/s2", 1.0),
        (("mm/s2", "mm/s\xb2", "mm/s\xc2\xb2"), "m/s2", 1e-3),
        (("gal", "Gal", "cm/s2"), "m/s2", 1e-2),
        (("mGal",), "m/s2", 1e-5),
        (("in/s^2", "in/s\xb2"), "m/s2", 0.0254),
        (("ft/s2",), "m/s2", 0.3048),
        (("mm/s", "MM / S", "mm/s RMS", "mm/s eff", "mm s-1", "mm_s"), "mm/s", 1.0),
        (("in/s", "ips", "IPS pk", "in./sec", "inches per second"), "mm/s", 25.4),
        (("um/s", "\xb5m/s", "\u03bcm/s"), "mm/s", 1e-3),
        (("cm/s",), "mm/s", 10.0),
        (("m/s",), "mm/s", 1000.0),
    ],
)
def test_a_unit_is_known_by_its_spellings(texts: tuple[str, ...], unit: Unit, factor: float) -> None:
    for text in texts:
        scale = scale_of(text)
        assert scale is not None, text
        assert scale.unit == unit, text
        assert scale.factor == pytest.approx(factor, rel=1e-12), text
    assert [known_unit(text) for text in texts] == [unit if factor == 1 else None] * len(texts)


@pytest.mark.parametrize("text", ["", "V", "kg", "km/h", "m", "s", "ms", "in", "mil", "rms", "pk-pk", "um pp", "\xb0"])
def test_what_is_no_acceleration_or_velocity_has_no_scale(text: str) -> None:
    assert scale_of(text) is None


def test_channels_are_brought_to_served_units_each_by_its_factor() -> None:
    samples = np.array([[1, 2], [1, 2], [1, 2], [1, 2]], np.float32)
    found = in_served_units(Recording(samples, channel_units=("mg", "m/s\xb2", "in/s", None), note="Cut short."))
    np.testing.assert_array_equal(found.samples, np.array([[0.001, 0.002], [1, 2], [25.4, 50.8], [1, 2]], np.float32))
    assert (found.unit, list(found.channel_units)) == (None, ["g", "m/s2", "mm/s", None])
    assert found.note == (
        "Cut short. The file's samples in mg were multiplied by 0.001 and are in g. The file's samples in in/s were"
        " multiplied by 25.4 and are in mm/s."
    )


@pytest.mark.parametrize("behind", [" pk-pk", " p-p", "pp", " (peak to peak)", " pk/pk", " P2P", "_pk_pk"])
@pytest.mark.parametrize(("unit", "served", "factor"), [("g", "g", 1), ("mm/s", "mm/s", 1), ("ips", "mm/s", 25.4)])
def test_samples_of_a_unit_from_peak_to_peak_are_instantaneous_values(
    unit: str, served: str, factor: float, behind: str
) -> None:
    stated = unit + behind
    assert (scale_of(stated), known_unit(stated)) == ((served, factor), None)
    samples = np.array([[1, -2]], np.float32)
    found = in_served_units(Recording(samples, unit=stated))
    np.testing.assert_array_equal(found.samples, samples * np.float32(factor))
    assert found.unit == served
    note = f"The unit {stated} is one of a display from peak to peak: the samples were read as instantaneous."
    multiplied = f"The file's samples in {stated} were multiplied by 25.4 and are in mm/s."
    assert found.note == (note if factor == 1 else f"{multiplied} {note}")


@pytest.mark.parametrize("unit", [None, "V", " um "])
def test_a_recording_in_other_units_stays_as_it_is(unit: str | None) -> None:
    recording = Recording(np.ones((2, 3), np.float32), unit=unit)
    assert in_served_units(recording) is recording


def test_channels_of_two_multiples_of_one_unit_have_one() -> None:
    found = in_served_units(Recording(np.ones((2, 3), np.float32), channel_units=("mg", "ug")))
    assert (found.unit, list(found.channel_units)) == ("g", [])


def test_a_served_unit_has_its_usual_name_and_no_note() -> None:
    recording = Recording(np.ones((2, 3), np.float32), unit=" m/s\xb2 ")
    found = in_served_units(recording)
    assert (found.unit, found.note) == ("m/s2", None)
    assert found.samples is recording.samples


def test_a_sample_beyond_float32_is_infinite_and_refused_later() -> None:
    found = in_served_units(Recording(np.array([[3e38, 1]], np.float32), unit="m/s"))
    assert found.samples.tolist() == [[np.inf, 1000.0]]

import numpy as np
import pytest

from build_scripts.palier_cli.readers.fields import Facts, is_field_name, nearest


@pytest.mark.parametrize(
    ("name", "value", "rate_hz"),
    [
        ("fs", 25600, 25600),
        ("sr", 97656, 97656),
        ("samplingFrequency", 50, 50),
        ("Sampling Rate [Hz]", 50, 50),
        ("a.b.sample_rate_hz", 50, 50),
        ("fs_kHz", 25.6, 25600),
        ("dt", 0.02, 50),
        ("sampling_period_ms", 1, 1000),
        ("wf_increment", 0.001, 1000),
        ("Signal.x_values.increment", 0.001, 1000),
        ("fs", "25600", 25600),
        ("fs", "25.6 kHz", 25600),
        ("Sample Rate", "25,6 kS/s", 25600),
        ("Sample Rate", "25,600 Hz", 25600),
        ("rate", 25600, 25600),
        ("fs", "fast", None),
        ("dt", 2, None),
        ("dt", 0, None),
        ("offset", 50, None),
    ],
)
def test_a_field_states_a_rate(name: str, value: float | str, rate_hz: float | None) -> None:
    stated = Facts.of({name: value}).rates_hz
    assert stated == ({} if rate_hz is None else {name: pytest.approx(rate_hz)})
    assert is_field_name(name) == (name != "offset")


@pytest.mark.parametrize(
    ("name", "value", "rpm"),
    [
        ("X097RPM", 1796, 1796),
        ("rate", 25, 1500),
        ("rate", 25600, None),
        ("shaft_speed", "1796 rpm", 1796),
        ("rpm", 0, None),
    ],
)
def test_a_field_states_the_speed_of_the_shaft(name: str, value: float | str, rpm: float | None) -> None:
    assert Facts.of({name: value}).speeds_rpm == ({} if rpm is None else {name: rpm})


@pytest.mark.parametrize("name", ["unit", "Units", "unit_string", "Signal.y_values.quantity.label"])
def test_a_field_states_a_unit(name: str) -> None:
    assert Facts.of({name: " g "}).units == {name: "g"}
    assert Facts.of({name: np.ones(1)}).units == {}


def test_a_label_of_anything_else_is_no_unit() -> None:
    assert Facts.of({"plot.label": "g"}).units == {}


def test_the_nearest_share_most_of_the_path() -> None:
    stated = {"fs": 1.0, "a.fs": 2.0, "a.b.fs": 3.0, "c.fs": 4.0}
    assert [nearest(name, stated) for name in ("a.b.x", "a.x", "c.d.x")] == [[3.0], [2.0, 3.0], [4.0]]
    assert nearest("x", {}) == []

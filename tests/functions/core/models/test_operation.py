"""Operation of a machine: stated once, filled into conditions, used for evidence, compared with the diagnosis."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.core.errors import PalierError
from functions.core.models.flow import run_flow
from functions.core.models.manifest import Condition
from functions.core.models.options import DiagnosisOptions
from functions.core.models.pipeline import ANY_BEARING, Diagnoser, create_diagnoser
from functions.core.preprocessing.signal import Recording
from tests.conftest import MakeSettings
from tests.support.bearings import RATE_HZ, impacts, noise, shaft
from tests.support.packages import SPEED, expected_probabilities, write_conditioned, write_package

OUTER = Recording((impacts(6, 3.5848 * 1774 / 60) + shaft(6, 1774) + noise(6))[None], RATE_HZ)
ORDER_CONDITIONS = [
    Condition(name=f"{name}_order", unit="", minimum=0, maximum=100) for name in ("bpfo", "bpfi", "bsf", "ftf")
]


@pytest.fixture
def diagnoser(make_settings: MakeSettings, tmp_path: Path) -> Diagnoser:
    write_conditioned(tmp_path)
    write_package(tmp_path, ANY_BEARING, "1", conditions=[SPEED, *ORDER_CONDITIONS])
    return create_diagnoser(make_settings(models_dir=tmp_path, default_model="tiny"))


def options(**given: Any) -> DiagnosisOptions:
    return DiagnosisOptions.parse(given)


def test_who_says_nothing_gets_no_evidence(diagnoser: Diagnoser) -> None:
    diagnosis = diagnoser.diagnose(OUTER, options())
    assert (diagnosis.evidence, diagnosis.evidence_agrees, diagnosis.manifest.name) == (None, None, "tiny")


def test_shaft_speed_and_bearing_give_evidence_for_any_model(diagnoser: Diagnoser) -> None:
    diagnosis = diagnoser.diagnose(OUTER, options(model="tiny", shaft_speed_rpm=1774, bearing="6205"))
    assert diagnosis.evidence is not None
    assert diagnosis.evidence.supported == ["outer_race"]
    # Classes that name no fault of a bearing are neither confirmed nor contradicted.
    assert diagnosis.evidence_agrees is None
    np.testing.assert_allclose(diagnosis.probabilities, expected_probabilities(0), atol=0.05)


def test_shaft_speed_alone_gives_the_shaft_s_lines(diagnoser: Diagnoser) -> None:
    diagnosis = diagnoser.diagnose(OUTER, options(shaft_speed_rpm=1774))
    assert diagnosis.evidence is not None
    assert [line.name for line in diagnosis.evidence.lines] == ["1X", "2X", "3X", "WHIRL"]


def test_who_names_a_bearing_and_no_model_is_answered_by_the_one_for_any(diagnoser: Diagnoser) -> None:
    diagnosis = diagnoser.diagnose(OUTER, options(shaft_speed_rpm=1732, bearing="6205"))
    assert diagnosis.manifest.name == ANY_BEARING
    assert diagnosis.conditions is not None
    speed, *orders = diagnosis.conditions.values()
    # Refined from the lines of the shaft.
    assert speed == pytest.approx(1774, rel=5e-4)
    assert orders == [3.5848, 5.4152, 2.35675, 0.39828]


def test_a_condition_that_is_given_by_name_stays(diagnoser: Diagnoser) -> None:
    given = options(model="tiny-speed", conditions={"shaft_speed_rpm": 1732}, bearing="6205")
    diagnosis = diagnoser.diagnose(OUTER, given)
    assert diagnosis.conditions == {"shaft_speed_rpm": 1732, "load": 0.5}
    assert diagnosis.evidence is not None
    assert diagnosis.evidence.shaft_speed_used_rpm == pytest.approx(1774, rel=5e-4)


def test_orders_among_the_conditions_are_a_bearing(diagnoser: Diagnoser) -> None:
    conditions = {"shaft_speed_rpm": 1774, "bpfo_order": 3.58, "bpfi_order": 5.42}
    conditions |= {"bsf_order": 2.36, "ftf_order": 0.398}
    diagnosis = diagnoser.diagnose(OUTER, options(model=ANY_BEARING, conditions=conditions))
    assert diagnosis.evidence is not None
    assert diagnosis.evidence.supported == ["outer_race"]


def test_each_recording_of_a_batch_has_its_own_speed(diagnoser: Diagnoser) -> None:
    own = [{"shaft_speed_rpm": 1774.0}, {"shaft_speed_rpm": 1732.0}]
    given = options(model="tiny-speed", bearing="6205")
    first, second = run_flow(diagnoser.diagnosing_batch([OUTER, OUTER], given, own))
    assert first.conditions == {"shaft_speed_rpm": 1774, "load": 0.5}
    assert second.conditions == {"shaft_speed_rpm": 1732, "load": 0.5}
    assert second.evidence is not None


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"bearing": "6205"}, "condition_missing", "shaft_speed_rpm"),
        ({"rolling_elements": 9}, "condition_missing", "element_diameter"),
        ({"shaft_speed_rpm": 0}, "invalid_option", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": -1797}, "invalid_option", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": "nan"}, "invalid_option", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": 1797, "bearing": "62O5"}, "unknown_bearing", "bearing"),
        ({"shaft_speed_rpm": 1797, "bpfo_order": -1}, "invalid_option", "bpfo_order"),
        ({"shaft_speed_rpm": 1797, "bpfo_order": 3.58}, "condition_missing", "bpfi_order"),
        (
            {"shaft_speed_rpm": 90_000, "bearing": 6205, "model": "tiny"},
            "fault_frequency_out_of_band",
            "shaft_speed_rpm",
        ),
        ({"shaft_speed_rpm": 90, "bearing": "6205", "model": "tiny"}, "too_few_turns", "signal"),
        ({"shaft_speed_rpm": 1900, "bearing": "6205"}, "shaft_speed_contradicts", "shaft_speed_rpm"),
        ({"shaft_speed_rpm": 9000, "bearing": "6205"}, "condition_out_of_range", "shaft_speed_rpm"),
        ({"model": ANY_BEARING, "shaft_speed_rpm": 1774}, "condition_missing", "conditions.bpfo_order"),
        ({"model": "tiny", "conditions": {"load": 1}}, "unknown_condition", "conditions.load"),
        (
            {"model": "tiny-speed", "shaft_speed_rpm": 1774, "conditions": {"shaft_speed_rpm": 1700}},
            "invalid_option",
            "conditions.shaft_speed_rpm",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_code_and_field(
    diagnoser: Diagnoser, given: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(PalierError) as raised:
        diagnoser.diagnose(OUTER, options(**given))
    assert (raised.value.code, raised.value.field, raised.value.status) == (code, field, 422)


def test_lines_of_another_fault_lower_the_confidence_and_keep_the_class(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    write_package(tmp_path, "races", "1", classes=("inner_race", "normal", "outer_race"))
    diagnoser = create_diagnoser(make_settings(models_dir=tmp_path, default_model="races"))
    biased = Recording(OUTER.samples + 0.4, RATE_HZ)
    alone = diagnoser.diagnose(biased, options())
    held = diagnoser.diagnose(biased, options(shaft_speed_rpm=1774, bearing="6205"))
    assert alone.predicted_class == held.predicted_class == 0
    assert (alone.evidence_agrees, held.evidence_agrees) == (None, False)
    assert held.confidence == pytest.approx(0.01 * alone.confidence + 0.99 / 3)
    assert held.probabilities.sum() == pytest.approx(1)
    agreeing = diagnoser.diagnose(
        Recording(OUTER.samples - 0.4, RATE_HZ), options(shaft_speed_rpm=1774, bearing="6205")
    )
    assert (agreeing.predicted_class, agreeing.evidence_agrees) == (2, True)

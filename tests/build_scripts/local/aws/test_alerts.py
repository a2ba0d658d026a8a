"""Alerts in words."""

import pytest

from build_scripts.local.aws.alerts import sentence


@pytest.mark.parametrize(
    ("turn", "class_id", "said"),
    [
        ("fault", "oil_whirl", "alert: press-4 has a fault: oil_whirl (2026-01-31T02:15:00Z)"),
        ("worsened", "oil_whirl", "alert: press-4 got worse: oil_whirl (2026-01-31T02:15:00Z)"),
        ("recovered", None, "alert: press-4 is healthy again (2026-01-31T02:15:00Z)"),
    ],
)
def test_each_turn_has_its_sentence(turn: str, class_id: str | None, said: str) -> None:
    after = {"state": "fault", "class_id": class_id, "rms": 1.0}
    detail = {"asset_id": "press-4", "turn": turn, "recorded_at": "2026-01-31T02:15:00Z", "after": after}
    assert sentence(detail) == said

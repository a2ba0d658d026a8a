"""Every fault of an image is named with what was measured."""

from typing import Any

import pytest

from build_scripts.errors import BuildError
from build_scripts.local.container_image.checks import BUDGET_BYTES, check

GOOD: dict[str, Any] = {
    "user": [10001, 10001],
    "health_before": 1,
    "health": 0,
    "healthy_after_s": 3.3,
    "answer": {"status": 200},
    "written": [],
    "ended": 0,
}


@pytest.mark.parametrize("changes", [{}, {"ended": -15}, {"health_before": 3}])
def test_what_is_as_it_must_be_passes(changes: dict[str, Any]) -> None:
    check("container", 423_000_000, GOOD | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user": [0, 0]}, r"it runs as \[0, 0\] instead of \[10001, 10001\]"),
        ({"health_before": 0}, "its health check passes before the server is started"),
        ({"health": 1}, "its health check ends with 1, 3.3 s after the start"),
        ({"answer": {"status": 503}}, "a diagnosis is answered 503"),
        ({"written": ["/etc", "/opt/palier"]}, "files can be written in /etc, /opt/palier"),
        ({"ended": -9}, "it ends with -9 on SIGTERM"),
    ],
)
def test_a_fault_is_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BuildError, match=f"^The image of gpu.txt is not as it must be: {sentence}.$"):
        check("gpu", 2_870_000_000, GOOD | changes)


def test_size_has_a_budget_and_all_faults_are_reported_at_once() -> None:
    with pytest.raises(BuildError, match=r"it has 451 MB, above its budget of 450 MB; .* on SIGTERM"):
        check("container", 451_000_000, GOOD | {"ended": 1})
    assert max(BUDGET_BYTES.values()) < 10_000_000_000

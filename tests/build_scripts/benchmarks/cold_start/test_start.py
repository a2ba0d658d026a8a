import pytest

from build_scripts.benchmarks.cold_start.start import Start, summary

TAKEN = {
    "python": [Start(20, 0, 0), Start(40, 0, 0), Start(30, 0, 0)],
    "palier": [Start(100, 20, 70), Start(150, 10, 80), Start(100, 5, 75)],
}


def test_a_ratio_is_of_the_same_round() -> None:
    figures = summary(TAKEN, "python")
    # 120/20, 160/40, 105/30
    assert figures["palier"]["ratio"] == pytest.approx(4.0)
    assert figures["python"]["ratio"] == 1.0


def test_times_are_medians_and_memory_the_most() -> None:
    assert summary(TAKEN, "python")["palier"] == {
        "init_ms": 100,
        "first_ms": 10,
        "total_ms": 120,
        "fastest_ms": 105,
        "ratio": pytest.approx(4.0),
        "peak_mb": 80,
    }

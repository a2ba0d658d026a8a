"""The real arms, once; skipped where there is no local Lambda."""

from pathlib import Path

import pytest

from build_scripts.benchmarks.cold_start import benchmark
from build_scripts.benchmarks.cold_start.arms import Arm, make_arms
from build_scripts.benchmarks.cold_start.imports import import_times
from build_scripts.benchmarks.cold_start.start import start
from build_scripts.benchmarks.cold_start.warm import warm
from build_scripts.errors import BuildError
from build_scripts.local.lambda_sandbox.places import BUILD, NotHereError

DOORS = ("through_http_api", "through_function_url", "through_load_balancer")
ARMS = ("python", "trivial", "bare_engine", "palier", *DOORS, "palier_again", "fastapi_compiled", "fastapi")


@pytest.fixture(scope="module")
def arms() -> dict[str, Arm]:
    try:
        return make_arms(BUILD / "cold_start")
    except NotHereError as reason:
        pytest.skip(f"cold starts cannot be measured here: {reason}")


def test_the_arms_are_those_of_the_page(arms: dict[str, Arm]) -> None:
    assert tuple(arms) == ARMS
    assert arms["palier"].function == arms["palier_again"].function
    assert arms["palier"].at(512).function.memory_mb == 512


@pytest.mark.parametrize("name", ARMS)
def test_every_arm_starts_and_answers(arms: dict[str, Arm], name: str) -> None:
    one = start(arms[name])
    assert one.init_ms > 0
    assert (one.first_ms > 0) == (one.peak_mb > 0) == (name != "python")


def test_an_arm_that_does_not_answer_is_no_figure(arms: dict[str, Arm]) -> None:
    silent = Arm("silent", arms["python"].places, arms["python"].function)
    with pytest.raises(BuildError, match=r"^silent does not start"):
        start(silent)


def test_imports_are_those_of_the_handler(arms: dict[str, Arm]) -> None:
    spent = import_times(arms["palier"])
    assert {"numpy", "onnxruntime", "starlette", "functions", "standard library"} <= set(spent)
    assert "pydantic" not in spent


def test_memory_is_reported_after_the_first_hundred_and_after_all(arms: dict[str, Arm]) -> None:
    figures = warm(arms["palier"], 120)
    assert figures["latency_ms"]["calls"] == 119
    assert 0 <= figures["growth_mb"] < 5
    assert figures["peak_mb"] <= 200


def test_without_a_local_lambda_the_reason_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nowhere(work: Path) -> dict[str, Arm]:
        raise NotHereError("no root")

    monkeypatch.setattr(benchmark, "make_arms", nowhere)
    with pytest.raises(BuildError, match=r"^Cold starts cannot be measured here: no root\.$"):
        benchmark.benchmark_cold_start(tmp_path)

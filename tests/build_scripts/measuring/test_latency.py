import pytest

from build_scripts.measuring.latency import Budget, Latency, Rounds, interleaved, within_budget


def test_candidates_take_turns_after_one_call_to_warm_up() -> None:
    calls: list[str] = []
    latencies = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, Rounds(2, 3))
    assert "".join(calls) == "aaaabbbbaaaabbbb"
    assert list(latencies) == ["a", "b"]
    assert all(0 <= one.min_ms <= one.p50_ms <= one.p95_ms <= one.p99_ms for one in latencies.values())
    assert [one.calls for one in latencies.values()] == [6, 6]


def test_long_calls_are_fewer_in_a_round_and_rounds_are_fewer() -> None:
    calls: list[str] = []
    candidates = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    latencies = interleaved(candidates, Rounds(20, 10, seconds=-1.0, least=3))
    assert "".join(calls) == "aabb" * 3
    assert [one.calls for one in latencies.values()] == [3, 3]


def test_percentiles_of_known_times() -> None:
    latency = Latency.of([float(value) for value in range(100, -1, -1)])
    assert latency == Latency(p50_ms=50, p95_ms=95, p99_ms=99, min_ms=0, calls=101)
    assert Latency.of([7.0]) == Latency(7, 7, 7, 7, 1)


@pytest.mark.parametrize(
    ("once_s", "rounds"),
    [
        (0.001, Rounds(20, 5)),
        (0.25, Rounds(6, 5)),
        (1.0, Rounds(10, 1, warm_up=False)),
        (9.0, Rounds(5, 1, warm_up=False)),
    ],
)
def test_a_budget_gives_as_many_rounds_as_fit(once_s: float, rounds: Rounds) -> None:
    assert Budget(seconds=10, least=5, most=100).rounds(once_s) == rounds


def test_long_calls_are_warmed_up_once_not_in_every_round() -> None:
    calls: list[str] = []
    candidates = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    latencies = within_budget(candidates, Budget(seconds=0.0, least=3))
    assert "".join(calls) == "ab" + "ab" * 3
    assert [one.calls for one in latencies.values()] == [3, 3]

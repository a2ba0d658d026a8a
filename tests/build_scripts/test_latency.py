from __future__ import annotations

from build_scripts.latency import Rounds, interleaved


def test_candidates_take_turns_after_one_call_to_warm_up() -> None:
    calls: list[str] = []
    latencies = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, Rounds(2, 3))
    assert "".join(calls) == "aaaabbbbaaaabbbb"
    assert list(latencies) == ["a", "b"]
    assert all(0 <= one.min_ms <= one.p50_ms <= one.p95_ms for one in latencies.values())

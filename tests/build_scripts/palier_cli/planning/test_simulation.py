"""The simulation beside queueing theory, where theory has an answer."""

import math

import numpy as np
import pytest

from build_scripts.palier_cli.planning.simulation import (
    COLD,
    REFUSED,
    WARM,
    Bucket,
    FunctionInstances,
    SharedQueue,
    admit,
)

COUNT = 200_000


def poisson(rate: float, seed: int = 7) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).exponential(1 / rate, COUNT))


def exponential(mean: float, seed: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).exponential(mean, COUNT)


def erlang_b(offered: float, servers: int) -> float:
    """Share that is lost where nobody waits. Source: Cooper, Introduction to Queueing Theory, 2nd edition, 3.3."""
    blocked = 1.0
    for one in range(1, servers + 1):
        blocked = offered * blocked / (one + offered * blocked)
    return blocked


def erlang_c(offered: float, servers: int) -> float:
    """Share that waits where everybody may. Source: the same, 3.4."""
    blocked = erlang_b(offered, servers)
    return blocked / (1 - offered / servers * (1 - blocked))


@pytest.mark.parametrize(("rate", "servers"), [(0.5, 1), (1.6, 2), (7.2, 8)])
def test_waiting_for_servers_is_that_of_erlang(rate: float, servers: int) -> None:
    latency = SharedQueue(servers).serve(poisson(rate), service := exponential(1.0))
    waited = latency - service
    assert (waited > 1e-9).mean() == pytest.approx(erlang_c(rate, servers), rel=0.04)
    assert waited.mean() == pytest.approx(erlang_c(rate, servers) / (servers - rate), rel=0.08)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_waiting_for_one_server_is_that_of_pollaczek_and_khinchine(spread: float) -> None:
    # Service: even within 1 - spread to 1 + spread, so of mean 1 and variance spread² / 3.
    service = np.random.default_rng(9).uniform(1 - spread, 1 + spread, COUNT)
    waited = SharedQueue(1).serve(poisson(0.7), service) - service
    assert waited.mean() == pytest.approx(0.7 * (1 + spread**2 / 3) / (2 * (1 - 0.7)), rel=0.06)


@pytest.mark.parametrize("distribution", ["exponential", "constant"])
def test_what_is_refused_for_want_of_instances_is_that_of_erlang(distribution: str) -> None:
    """The loss formula holds for every distribution of service times: M/G/k/k."""
    service = exponential(1.0) if distribution == "exponential" else np.ones(COUNT)
    outcomes = FunctionInstances(most=5, keep_s=math.inf).serve(poisson(4.0), service, start_s=0.0)
    assert (outcomes.kinds == REFUSED).mean() == pytest.approx(erlang_b(4.0, 5), rel=0.03)
    assert outcomes.most_at_once == 5
    assert (outcomes.kinds == COLD).sum() == 5


def test_busy_instances_are_those_of_little() -> None:
    """An unlimited function has rate times time at work: M/G/infinity."""
    arrivals, service = poisson(30.0), exponential(0.2)
    outcomes = FunctionInstances(most=10**6, keep_s=math.inf).serve(arrivals, service, start_s=0.0)
    assert outcomes.latency_s.sum() / arrivals[-1] == pytest.approx(6.0, rel=0.02)
    # The most of them at once is that of a Poisson number of mean 6, looked at very often.
    assert 16 <= outcomes.most_at_once <= 24


def test_an_instance_takes_one_request_at_a_time_and_starts_only_when_none_is_idle() -> None:
    instances = FunctionInstances(most=2, keep_s=10.0)
    arrivals = np.array([0.0, 0.5, 0.6, 2.0, 13.5])
    outcomes = instances.serve(arrivals, np.full(5, 1.0), start_s=0.25)
    assert outcomes.kinds.tolist() == [COLD, COLD, REFUSED, WARM, COLD]
    assert outcomes.latency_s.tolist() == [1.25, 1.25, 0.0, 1.0, 1.25]
    assert instances.count == 1


def test_provisioned_instances_are_there_before_and_stay() -> None:
    instances = FunctionInstances(most=3, keep_s=10.0, provisioned=2)
    outcomes = instances.serve(np.array([0.0, 0.1, 0.2, 100.0]), np.full(4, 1.0), start_s=0.5)
    assert outcomes.kinds.tolist() == [WARM, WARM, COLD, WARM]
    assert instances.count == 2


def test_starts_are_refused_beyond_what_may_start_at_once() -> None:
    instances = FunctionInstances(most=100, keep_s=10.0, starts=Bucket(2, rate=1.0))
    outcomes = instances.serve(np.array([0.0, 0.0, 0.0, 1.0]), np.full(4, 5.0), start_s=0.0)
    assert outcomes.kinds.tolist() == [COLD, COLD, REFUSED, COLD]


def test_a_bucket_lets_its_burst_through_and_then_its_rate() -> None:
    arrivals = np.array([0.0, 0.0, 0.0, 0.1, 0.25, 0.5, 10.0, 10.0, 10.0])
    let_through = admit(arrivals, Bucket(2, rate=4.0))
    assert let_through.tolist() == [True, True, False, False, True, True, True, True, False]

"""The table of jobs against a model, whatever is done to a job in whatever order."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import settings, stateful
from hypothesis import strategies as st

from functions.core.aws.dynamodb import ConditionFailedError
from functions.core.errors import QuotaExceededError
from functions.core.jobs.job import Job, PartRange
from functions.core.jobs.quota import Quota
from functions.core.jobs.states import FINAL, FOLLOWS, State, sources, verdict
from functions.core.jobs.table import JobTable
from tests.support.aws import JOBS, in_memory_aws, make_resources

TOTAL, MOST_ACTIVE = 6, 2
PARTS = [PartRange(start, start + 2) for start in range(0, TOTAL, 2)]
SINGLES = [PartRange(index, index + 1) for index in range(TOTAL)]


NUMBERS = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def services() -> Iterator[None]:
    """One for all examples: each has a key of its own."""
    with in_memory_aws():
        make_resources()
        yield


class Model:
    """What a job must be."""

    def __init__(self) -> None:
        self.state: State = "queued"
        self.parts: dict[str, str] = {}
        self.done = 0
        self.failed = 0


class JobMachine(stateful.RuleBasedStateMachine):
    """Every rule is something that a worker, a caller or the clock may do; stale views of a job are kept, too."""

    @stateful.initialize()
    def begin_table(self) -> None:
        self.owner = f"key{next(NUMBERS)}"
        self.table = JobTable(JOBS, Quota(MOST_ACTIVE, 1_000), lambda: 1_000.0)
        self.models: dict[str, Model] = {}
        self.views: list[Job] = []

    @stateful.rule()
    def create(self) -> None:
        job = Job(f"{next(NUMBERS):032x}", self.owner, "inline", TOTAL, 1_000.0, 2_000.0, 3_000)
        if sum(model.state not in FINAL for model in self.models.values()) == MOST_ACTIVE:
            with pytest.raises(QuotaExceededError):
                self.table.create(job, None)
            return
        self.views.append(self.table.create(job, None))
        self.models[job.job_id] = Model()

    def pick(self, number: int) -> tuple[Job, Model]:
        view = self.views[number % len(self.views)]
        return view, self.models[view.job_id]

    @stateful.precondition(lambda self: self.views)
    @stateful.rule(number=st.integers(0, 99))
    def look(self, number: int) -> None:
        job = self.table.get(self.pick(number)[0].job_id)
        assert job is not None
        self.views.append(job)

    @stateful.precondition(lambda self: self.views)
    @stateful.rule(number=st.integers(0, 99))
    def begin(self, number: int) -> None:
        view, model = self.pick(number)
        if view.state == "running" or model.state in {"queued", "running"}:
            self.views.append(self.table.begin(view))
            model.state = "running" if model.state == "queued" else model.state
            return
        with pytest.raises(ConditionFailedError):
            self.table.begin(view)

    @stateful.precondition(lambda self: self.views)
    @stateful.rule(number=st.integers(0, 99), part=st.sampled_from(PARTS + SINGLES), failed=st.integers(0, 2))
    def count(self, number: int, part: PartRange, failed: int) -> None:
        view, model = self.pick(number)
        attempt, size = f"attempt{next(NUMBERS)}", part.stop - part.start
        failed = min(failed, size)
        if model.state != "running" or part.key in model.parts:
            with pytest.raises(ConditionFailedError):
                self.table.count(view, part, attempt, done=size - failed, failed=failed)
            return
        self.views.append(self.table.count(view, part, attempt, done=size - failed, failed=failed))
        model.parts[part.key] = attempt
        model.done, model.failed = model.done + size - failed, model.failed + failed

    @stateful.precondition(lambda self: self.views)
    @stateful.rule(number=st.integers(0, 99), part=st.sampled_from(PARTS))
    def divide(self, number: int, part: PartRange) -> None:
        view, model = self.pick(number)
        if model.state != "running" or part.key in model.parts:
            with pytest.raises(ConditionFailedError):
                self.table.divide(view, part)
            return
        self.table.divide(view, part)
        model.parts[part.key] = "divided"

    @stateful.precondition(lambda self: self.views)
    @stateful.rule(number=st.integers(0, 99), state=st.sampled_from(sorted(FINAL)))
    def finish(self, number: int, state: State) -> None:
        view, model = self.pick(number)
        if state not in FOLLOWS[model.state]:
            with pytest.raises(ConditionFailedError):
                self.table.finish(view, state)
            return
        assert self.table.finish(view, state).state == state
        model.state = state

    def teardown(self) -> None:
        for job_id in getattr(self, "models", {}):
            self.check(job_id)

    def check(self, job_id: str) -> None:
        """A job is its model."""
        job, model = self.table.get(job_id), self.models[job_id]
        assert job is not None
        assert (job.state, job.done, job.failed, job.parts) == (model.state, model.done, model.failed, model.parts)


JobMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=30)
TestJobMachine = JobMachine.TestCase


def test_a_final_state_is_never_left() -> None:
    assert {"succeeded", "partially_failed", "failed", "cancelled"} == FINAL
    assert sources("running") == ["queued"]
    assert all(sources(state) == ["queued", "running"] for state in ("failed", "cancelled"))
    assert sources("succeeded") == sources("partially_failed") == ["running"]
    assert sources("queued") == []


@pytest.mark.parametrize(
    ("done", "failed", "state"), [(3, 0, "succeeded"), (2, 1, "partially_failed"), (0, 3, "failed")]
)
def test_the_verdict_is_of_the_counts(done: int, failed: int, state: State) -> None:
    assert verdict(done, failed) == state

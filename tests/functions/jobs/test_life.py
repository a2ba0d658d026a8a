"""A job from submission to results, in each of the three ways."""

from tests.support.jobs import Jobs

FIVE = ["high", "centred", "low", "high", "centred"]


async def test_inline_recordings_come_out_in_order(jobs: Jobs) -> None:
    taken = await jobs.submit(FIVE)
    assert (taken["state"], taken["total"], taken["done"], taken["progress"]) == ("queued", 5, 0, 0.0)
    jobs.work()
    job = await jobs.get(f"/jobs/{taken['job_id']}")
    assert (job["state"], job["done"], job["failed"], job["progress"]) == ("succeeded", 5, 0, 1.0)
    answer = await jobs.get(f"/jobs/{taken['job_id']}/results")
    assert [one["diagnosis"]["class_id"] for one in answer["results"]] == FIVE
    assert [one["index"] for one in answer["results"]] == [0, 1, 2, 3, 4]
    assert answer["next_cursor"] is None

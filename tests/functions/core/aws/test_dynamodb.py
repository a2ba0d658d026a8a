from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from functions.core.aws.clients import dynamodb_client
from functions.core.aws.dynamodb import (
    ConditionFailedError,
    Item,
    from_attributes,
    is_expired,
    timestamp,
    to_attributes,
    transact,
    update,
)
from functions.core.errors import DependencyUnavailableError
from tests.support.aws import JOBS, in_memory_aws, make_resources
from tests.support.faults import meeting

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.dictionaries(st.text(), st.text())
    | st.dictionaries(st.text(), st.integers())
)


@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_an_item_comes_back_as_it_was(item: Item) -> None:
    assert from_attributes(to_attributes(item)) == item


@pytest.mark.parametrize(("expires_at", "expired"), [(999, True), (1000, True), (1001, False), (None, False)])
def test_an_item_expires_at_its_second(expires_at: int | None, expired: bool) -> None:
    assert is_expired({} if expires_at is None else {"expires_at": expires_at}, 1000.0) is expired


@given(st.lists(st.floats(0, 4e9), min_size=2))
def test_timestamps_sort_as_time_does(times: list[float]) -> None:
    microseconds = sorted(round(one, 6) for one in times)
    assert [timestamp(one) for one in microseconds] == sorted(timestamp(one) for one in microseconds)
    assert {len(timestamp(one)) for one in times} == {27}


def counting(**more: Any) -> dict[str, Any]:
    return {
        "TableName": JOBS,
        "Key": {"job_id": {"S": "a"}},
        "UpdateExpression": "ADD made :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    } | more


def test_a_condition_that_fails_says_whose() -> None:
    with in_memory_aws():
        make_resources()
        assert update("The table", **counting())["made"] == 1
        with pytest.raises(ConditionFailedError) as caught:
            update("The table", **counting(ConditionExpression="attribute_not_exists(made)"))
        assert caught.value.at(0)
        refused = {"Update": counting(ConditionExpression="attribute_not_exists(made)")}
        other = {"Put": {"TableName": JOBS, "Item": {"job_id": {"S": "b"}}}}
        with pytest.raises(ConditionFailedError) as caught:
            transact("The table", [other, refused])
        assert (caught.value.at(0), caught.value.at(1), caught.value.at(2)) == (False, True, False)


def test_no_update_is_lost() -> None:
    with in_memory_aws():
        make_resources()
        with meeting(None), ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: update("The table", **counting()), range(50)))
        stored = from_attributes(dynamodb_client().get_item(TableName=JOBS, Key={"job_id": {"S": "a"}})["Item"])
    assert stored["made"] == 50


@pytest.mark.parametrize(("conflicts", "succeeds"), [(1, True), (4, True), (5, False)])
def test_a_conflict_of_two_transactions_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, conflicts: int, succeeds: bool
) -> None:
    calls: list[int] = []

    def conflicting(**_: Any) -> None:
        calls.append(1)
        if len(calls) <= conflicts:
            reasons: Any = [{"Code": "TransactionConflict"}, {"Code": "None"}]
            raise ClientError(
                {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},
                "TransactWriteItems",
            )

    with in_memory_aws():
        monkeypatch.setattr(dynamodb_client(), "transact_write_items", conflicting)
        if succeeds:
            transact("The table", [])
        else:
            with pytest.raises(DependencyUnavailableError):
                transact("The table", [])
    assert len(calls) == min(conflicts + 1, 5)

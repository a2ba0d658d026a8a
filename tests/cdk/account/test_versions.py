"""Aliases go back to the version before, all or none; old versions go, the live one and the one before stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdk.account import versions
from cdk.account.session import AccountError
from cdk.account.versions import Move, prune, roll_back
from tests.cdk.account.conftest import NAMES, live, publish
from tests.cdk.stage_variants import DEV


def test_every_function_of_the_last_deployment_goes_back(session: Any, functions: Any) -> None:
    for name in NAMES:
        publish(functions, name, 2)
    assert roll_back(DEV, session) == [Move(name, 2, 1) for name in NAMES]
    assert live(functions) == ["1"] * len(NAMES)


def test_a_function_that_the_last_deployment_left_alone_stays(
    session: Any, functions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        publish(functions, name, 2)
    for name in NAMES[:2]:
        publish(functions, name, 3)
    hours = {"1": 0, "2": 5, "3": 9}
    began = datetime(2026, 11, 30, tzinfo=UTC)
    published = versions._published

    def dated(client: Any, function: str) -> versions.Published:
        found = published(client, function)
        times = tuple((number, began + timedelta(hours=hours[str(number)])) for number, _ in found.versions)
        return versions.Published(found.function, found.live, times)

    monkeypatch.setattr(versions, "_published", dated)
    assert roll_back(DEV, session) == [Move(name, 3, 2) for name in NAMES[:2]]
    assert live(functions) == ["2"] * len(NAMES)


def test_one_function_by_its_name(session: Any, functions: Any) -> None:
    for name in NAMES:
        publish(functions, name, 2)
    assert roll_back(DEV, session, ["worker"]) == [Move("palier-dev-worker", 2, 1)]
    assert live(functions).count("2") == len(NAMES) - 1


def test_without_a_version_before_nothing_moves(session: Any, functions: Any) -> None:
    for name in NAMES[:-1]:
        publish(functions, name, 2)
    with pytest.raises(AccountError, match=f"{NAMES[-1]} has no version before 1: deploy the older commit"):
        roll_back(DEV, session)
    assert live(functions) == ["2"] * (len(NAMES) - 1) + ["1"]


def test_a_stage_that_is_not_deployed_is_a_sentence(session: Any) -> None:
    with pytest.raises(AccountError, match="There is no palier-dev-inference:live in this account and region"):
        roll_back(DEV, session)


def test_the_live_version_and_the_one_before_stay(session: Any, functions: Any) -> None:
    for number in (2, 3, 4):
        publish(functions, NAMES[0], number)
    assert prune(DEV, session) == [(NAMES[0], 1), (NAMES[0], 2)]
    left = {one["Version"] for one in functions.list_versions_by_function(FunctionName=NAMES[0])["Versions"]}
    assert left == {"$LATEST", "3", "4"}
    assert prune(DEV, session) == []
    assert roll_back(DEV, session, ["inference"]) == [Move(NAMES[0], 4, 3)]
    # What was rolled back stays, to be looked at.
    assert prune(DEV, session) == []

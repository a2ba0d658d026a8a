"""The patterns of the web ACL's rules: paths of recordings, and lengths of bodies."""

import re
from typing import Any

import pytest

from cdk.constructs.protection.web_acl_rules import length_pattern, recordings_pattern, rules
from functions.inference.openapi import openapi_document
from tests.cdk.stage_variants import DEV


@pytest.mark.parametrize(
    ("path", "holds_recordings"),
    [
        ("/predict", True),
        ("/prod/predict", True),
        ("/dev/predict/batch", True),
        ("/jobs", True),
        ("/v2/models/journal-bearing/infer", True),
        ("/predictions", False),
        ("/models", False),
        ("/prod/health", False),
        ("/other/predict", False),
    ],
)
def test_paths_of_recordings(path: str, holds_recordings: bool) -> None:
    assert (re.search(recordings_pattern(), path) is not None) is holds_recordings


def test_while_cloud_front_changes_its_secret_both_are_recognized() -> None:
    made: list[Any] = [*rules(DEV, ["new secret", "secret before"])]
    (counted,) = [one for one in made if one.name == "rate-per-viewer"]
    through = counted.statement.rate_based_statement.scope_down_statement
    assert [one.byte_match_statement.search_string for one in through.or_statement.statements] == [
        "new secret",
        "secret before",
    ]


def test_bodies_of_every_endpoint_that_takes_recordings_may_be_large() -> None:
    taking = [path for path, one in openapi_document()["paths"].items() if "requestBody" in one.get("post", {})]
    # Those that look after models take a few words.
    large = [path for path in taking if not path.startswith("/v2/repository/")]
    assert len(large) == 5
    assert [path for path in large if not re.search(recordings_pattern(), path)] == []


@pytest.mark.parametrize("limit", [1, 9, 10, 999, 6_000_000, 9_500_000])
def test_lengths_up_to_the_limit_always_pass(limit: int) -> None:
    assert re.search(length_pattern(limit), str(limit)) is None
    assert re.search(length_pattern(limit), str(10 * limit))

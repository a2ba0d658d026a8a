"""The patterns of the web ACL's rules: paths of recordings, and lengths of bodies."""

import re

import pytest

from cdk.constructs.protection.web_acl_rules import length_pattern, recordings_pattern


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


@pytest.mark.parametrize("limit", [1, 9, 10, 999, 6_000_000, 9_500_000])
def test_lengths_up_to_the_limit_always_pass(limit: int) -> None:
    assert re.search(length_pattern(limit), str(limit)) is None
    assert re.search(length_pattern(limit), str(10 * limit))

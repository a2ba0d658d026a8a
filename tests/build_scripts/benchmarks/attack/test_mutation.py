import copy
import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from build_scripts.benchmarks.attack import mutation
from build_scripts.benchmarks.attack.mutation import LONGEST_CASE_BYTES, change_member, mutate_bytes, mutate_json
from build_scripts.benchmarks.attack.requests import mutate_request, scope_of

REQUEST = b"POST /predict?a=1 HTTP/1.1\ncontent-type: application/json\n\n" + b'{"signal": [1, 2]}'


@given(st.binary(max_size=300), st.integers())
def test_the_same_number_makes_the_same_bytes_within_the_bound(seed: bytes, number: int) -> None:
    for mutate in (mutate_bytes, mutate_json):
        case = mutate(random.Random(number), seed, [seed])
        assert case == mutate(random.Random(number), seed, [seed])
        assert len(case) <= LONGEST_CASE_BYTES


def test_different_numbers_make_different_bytes() -> None:
    cases = {mutate_bytes(random.Random(number), bytes(range(256)), [b"other"]) for number in range(200)}
    assert len(cases) > 150


def test_members_are_changed_and_the_values_stay_as_they_are() -> None:
    before = copy.deepcopy(repr(mutation._VALUES))
    document: dict[str, Any] = {"a": [1, {"b": 2}], "c": {"d": [3]}}
    for number in range(500):
        changed = copy.deepcopy(document)
        rng = random.Random(number)
        for _ in range(10):
            change_member(rng, changed)
        json.dumps(changed)
    assert repr(mutation._VALUES) == before


def test_json_stays_json() -> None:
    cases = [mutate_json(random.Random(number), b'{"signal": [1, 2], "channel": "0"}', []) for number in range(100)]
    assert all(isinstance(json.loads(case), dict) for case in cases)
    assert len(set(cases)) > 50


def test_a_request_is_read_as_a_server_would_pass_it_on() -> None:
    scope = scope_of(b"POST /a%2fb%ff?x=\x00y z HTTP\nX-A(:b\x00c\n: v\n\nbody")
    assert (scope["method"], scope["path"], scope["query_string"]) == ("POST", "/a/b�", b"x=yzHTTP")
    assert scope["headers"] == [(b"x-a", b"bc")]


@given(st.integers())
def test_requests_are_changed_in_head_or_body_or_packed(number: int) -> None:
    case = mutate_request(random.Random(number), REQUEST, [REQUEST])
    assert scope_of(case)["type"] == "http"

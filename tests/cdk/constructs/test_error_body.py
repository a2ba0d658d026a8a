"""What AWS answers in place of a function has the shape of the functions' errors."""

import json

import msgspec

from cdk.constructs.error_body import error_body
from functions.core.http.answers import ErrorAnswer


def test_the_shape_is_that_of_the_functions() -> None:
    answer = ErrorAnswer(error="There is nothing.", code="not_found", field=None, request_id="r1")
    assert json.loads(error_body("not_found", "There is nothing.", "r1")) == msgspec.to_builtins(answer)


def test_without_a_request_there_is_no_id() -> None:
    assert json.loads(error_body("blocked", "No."))["request_id"] is None

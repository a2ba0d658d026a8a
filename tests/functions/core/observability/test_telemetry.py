import logging
import re
from typing import Any

import pytest

from functions.core.observability.telemetry import LOGGER, request_id, request_id_var


@pytest.mark.parametrize("proposed", ["a", "1-67891233-abcdef012345678912345678", "A.b_c:d-9", "x" * 128])
def test_a_well_formed_id_is_honoured(proposed: str) -> None:
    assert request_id(proposed) == proposed


@pytest.mark.parametrize("proposed", [None, "", "x" * 129, "a b", "a\n", "a\r\nSet-Cookie: x", "é", '{"a":1}', "a/b"])
def test_another_is_replaced(proposed: str | None) -> None:
    made = request_id(proposed)
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert request_id(proposed) != made


def test_a_line_is_one_json_object_with_the_request_s_id(read_log: Any) -> None:
    token = request_id_var.set("abc")
    try:
        LOGGER.info("diagnosed\nwell", extra={"windows": 5})
    finally:
        request_id_var.reset(token)
    (line,) = read_log()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*(\+00:00|Z)", line.pop("timestamp"))
    assert line == {
        "level": "INFO",
        "logger": "palier",
        "message": "diagnosed\nwell",
        "request_id": "abc",
        "windows": 5,
    }


def test_a_traceback_stays_on_its_line(read_log: Any) -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        LOGGER.exception("failed")
    (line,) = read_log()
    assert "ZeroDivisionError" in line["exc_info"]
    assert line["request_id"] is None


def test_lines_do_not_come_twice(read_log: Any) -> None:
    LOGGER.debug("once")
    assert [line["message"] for line in read_log()] == ["once"]
    assert LOGGER.propagate is False
    assert LOGGER.level == logging.DEBUG

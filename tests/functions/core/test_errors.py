import inspect
from http import HTTPStatus

import pytest

from functions.core import errors
from functions.core.errors import NotConfiguredError, PalierError, SignalTooShortError

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, PalierError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_failure_is_documented_and_has_a_real_status(kind: type[PalierError]) -> None:
    assert kind.__doc__
    assert HTTPStatus(kind.status) >= HTTPStatus.BAD_REQUEST
    assert kind.code.replace("_", "").isalpha()


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in CLASSES}) == len(CLASSES)


# Where a service was never set up, coming back helps nobody.
COMING_BACK = [kind for kind in CLASSES if kind.status in {429, 503} and kind is not NotConfiguredError]


@pytest.mark.parametrize("kind", COMING_BACK)
def test_errors_that_pass_have_a_time_to_retry(kind: type[PalierError]) -> None:
    assert int(kind.headers["retry-after"]) > 0


def test_a_field_given_stands_before_the_class_s_own() -> None:
    assert SignalTooShortError(length=1, required=2).field == "signal"
    assert errors.MalformedBodyError("broken", field="signal").field == "signal"
    assert errors.MalformedBodyError.field is None
    assert errors.MalformedBodyError("broken").message == "broken"


@pytest.mark.parametrize(
    ("rate_hz", "sentence"),
    [
        (2048.0, "The signal has 7 samples at 2048 Hz, 0.003418 s; one window needs 8, 0.003906 s."),
        (None, "The signal has 7 samples; one window needs 8."),
    ],
)
def test_too_short_states_both_lengths(rate_hz: float | None, sentence: str) -> None:
    assert SignalTooShortError(length=7, required=8, sample_rate_hz=rate_hz).message == sentence

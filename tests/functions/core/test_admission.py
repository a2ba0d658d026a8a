import pytest

from functions.core.admission import Admission
from functions.core.errors import TooManyRequestsError


def test_one_too_many_is_told_to_come_back() -> None:
    admission = Admission(2)
    with admission.hold(), admission.hold(), pytest.raises(TooManyRequestsError, match="2 requests") as refusal:
        admission.hold().__enter__()
    assert refusal.value.headers == {"retry-after": "1"}


def test_a_place_is_given_back_also_after_a_failure() -> None:
    admission = Admission(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), admission.hold():
            raise ZeroDivisionError
    entered = False
    with admission.hold():
        entered = True
    assert entered

"""The base of all answers, and the answer to every error."""

from typing import Annotated

import msgspec
from msgspec import Meta

from functions.core.errors import PalierError


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen answer."""


class ErrorAnswer(Answer, frozen=True, kw_only=True):
    """Every error, whatever its status."""

    error: Annotated[str, Meta(description="One sentence a person can act on.")]
    code: str
    field: Annotated[str | None, Meta(description="The part of the request that is at fault.")]
    request_id: str | None


def error_answer(error: PalierError, request_id: str | None) -> ErrorAnswer:
    """Return the canonical body of an error."""
    return ErrorAnswer(error=error.message, code=error.code, field=error.field, request_id=request_id)

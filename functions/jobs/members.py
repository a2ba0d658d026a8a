"""Reader of the members of a submission's JSON object: each is found and counted before it is decoded.

msgspec finds a member's text without reading it, simdjson counts a list without an object for each entry. A member is
decoded as the type that it must have, so that decoding another type ends at its first wrong value.
"""

import json
import re
from collections import deque
from typing import Annotated, Any, NoReturn

import msgspec
import simdjson
from msgspec import Meta, Raw

from functions.core.decoding.fast_json import thread_parser
from functions.core.decoding.foreign import other_than_json
from functions.core.errors import (
    EmptyBodyError,
    InvalidOptionError,
    JobInvalidError,
    JobTooLargeError,
    MalformedBodyError,
    SampleRateError,
    SignalNotFiniteError,
)
from functions.core.models.manifest import CONDITIONS, MOST_CONDITIONS
from functions.core.models.options import DiagnosisOptions

# Of an option's text; the longest meaningful one is a machine's name.
LONGEST_TEXT = 256
# Safe in a key, a file name, a cell of a spreadsheet and a log.
NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}(?![\s\S])"
_FORMS = {NAME: "a name of letters, digits, spaces and . _ -, at most 128, the first a letter or a digit"}
_LARGEST_WHOLE = 2**53
_OWN = ("signals", "uploads", "recordings", "prefix", "webhook")
_CONSTANT = re.compile(rb"-?(?:NaN|Infinity)")
_HALF_OF_A_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
_MEMBER_BEFORE = re.compile(rb'"(\w{1,64})"\s*:\s*\Z')
_LIST_OF_OBJECTS = re.compile(rb'"(uploads|recordings)"\s*:\s*\[')
# simdjson's errors for a number beyond every float, and for whole ones of more than 64 bits.
_NUMBER_ERROR = re.compile("NUMBER_ERROR|BIGINT_ERROR")
# Sentences of msgspec.
_UNKNOWN = re.compile("Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_LONGEST_SHOWN = 64
_LOOK_BACK_BYTES = 100
_TOO_DEEP = "The JSON body is nested too deeply."
_TOO_SHORT = "The body is not JSON: it ends too early."

Members = dict[str, Raw]
_OBJECT = msgspec.json.Decoder(
    msgspec.defstruct(
        "Submission",
        [(name, Raw | msgspec.UnsetType, msgspec.UNSET) for name in (*_OWN, *DiagnosisOptions.__struct_fields__)],
        forbid_unknown_fields=True,
    )
)
_Option = (
    Annotated[str, Meta(max_length=LONGEST_TEXT)]
    | bool
    | Annotated[int, Meta(ge=-_LARGEST_WHOLE, le=_LARGEST_WHOLE)]
    | float
    | None
)

_Conditions = Annotated[
    dict[Annotated[str, Meta(max_length=LONGEST_TEXT)], int | float], Meta(max_length=MOST_CONDITIONS)
]


def find_members(body: bytes) -> Members:
    """Return the members of a submission as JSON texts.

    Raises:
        MalformedBodyError: not JSON, or no object.
        SignalNotFiniteError: NaN or infinity, which are no JSON.
        UnknownOptionError: an unknown member.
    """
    if not body.strip():
        raise EmptyBodyError
    body = _utf8(body)
    try:
        members = msgspec.structs.asdict(_OBJECT.decode(body))
    except msgspec.ValidationError as error:
        _refuse_member(str(error))
    except RecursionError:
        raise MalformedBodyError(_TOO_DEEP) from None
    except UnicodeDecodeError:
        raise MalformedBodyError("The body is not JSON: it is no Unicode text.") from None
    except msgspec.DecodeError as error:
        _explain(body, str(error))
    return {name: text for name, text in members.items() if text is not msgspec.UNSET}


def check_count(text: Raw, most: int, member: str) -> None:
    """Check how many entries a list has, before any of them is built.

    Raises:
        JobTooLargeError: more than `most`.
        SignalNotFiniteError, MalformedBodyError: the list cannot be read.
    """
    if _count(bytes(text), member, most) > most:
        kind = "uploads" if member == "uploads" else "recordings"
        raise JobTooLargeError(f"A job may have {most} {kind}.", field=member)


def read_member(text: Raw, kind: Any, member: str) -> Any:
    """Decode a member as the type that it must have.

    Raises:
        JobInvalidError, SampleRateError: it has another type; `field` names the place.
        MalformedBodyError: text that is no Unicode.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).replace("`key` in ", "").partition(" - at `$")
        where = member + place.rstrip("`")
        is_rate = where.endswith(".sample_rate_hz") and "out of range" in reason
        refusal = SampleRateError if is_rate else JobInvalidError
        raise refusal(_refusal(reason, kind, place.rstrip("`"), where), field=where) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _no_unicode(member) from None
    except RecursionError:
        raise MalformedBodyError(_TOO_DEEP) from None


def _refusal(reason: str, kind: Any, place: str, where: str) -> str:
    """Return the sentence for a value at a place below a member of this kind, from a reason of msgspec."""
    # Late: for refusals alone.
    from functions.core.requirements import requirement

    if (unknown := _UNKNOWN.fullmatch(reason)) is not None:
        return f"{where} has no member {unknown[1][:_LONGEST_SHOWN]!r}; leave it out."
    if (missing := _MISSING.fullmatch(reason)) is not None:
        return f"{where} has to have the member {missing[1]!r}."
    return f"{where} must be {requirement(kind, place, _FORMS)}."


def read_options(members: Members) -> dict[str, Any]:
    """Return the options of the diagnosis among the members: numbers, booleans, short texts, and conditions by name.

    Raises:
        InvalidOptionError, SampleRateError: one is none of these; `field` names it.
        MalformedBodyError: text that is no Unicode.
    """
    return {name: _read_option(text, name) for name, text in members.items() if name not in _OWN}


def _count(text: bytes, member: str, most: int) -> int:
    """Return how many entries a list has; 0 for a value that is no list."""
    try:
        entries: Any = thread_parser(len(text)).parse(text)
    except UnicodeDecodeError:
        raise _no_unicode(member) from None
    except (ValueError, RuntimeError) as error:
        if not _NUMBER_ERROR.match(str(error)):
            raise MalformedBodyError(_TOO_DEEP) from None
        objects = text.count(b"{")
        if member != "signals" and objects <= most:
            # A list of so few objects can be decoded, and the decoder finds the place.
            return objects
        raise SignalNotFiniteError(
            f"{member} has a number beyond every float, or a whole one of more than 64 bits.", field=member
        ) from None
    return len(entries) if isinstance(entries, simdjson.Array) else 0


def _read_option(text: Raw, name: str) -> Any:
    try:
        return msgspec.json.decode(text, type=_Conditions if name == CONDITIONS else _Option)
    except msgspec.ValidationError:
        kind = SampleRateError if name == "sample_rate_hz" else InvalidOptionError
        allowed = "numbers by name" if name == CONDITIONS else "text, a number, true, false or null"
        raise kind(f"The option {name!r} must be {allowed}.", field=name) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _no_unicode(name) from None
    except RecursionError:
        raise MalformedBodyError(_TOO_DEEP) from None


def _utf8(body: bytes) -> bytes:
    """Return JSON text in UTF-8: programs of Windows write UTF-16, or a mark before it."""
    encoding = json.detect_encoding(body)
    if encoding == "utf-8":
        return body
    try:
        return body.decode(encoding).encode()
    except UnicodeError:
        raise MalformedBodyError("The body is not JSON: it is no Unicode text.") from None


def _refuse_member(sentence: str) -> NoReturn:
    """Raise the error of an unknown option, or of a body that is no object, for a message of msgspec."""
    found = _UNKNOWN.fullmatch(sentence)
    if found is None:
        raise MalformedBodyError("The JSON body must be an object.")
    DiagnosisOptions.parse({found[1][:_LONGEST_SHOWN]: None})
    raise AssertionError("unreachable")


def _explain(body: bytes, sentence: str) -> NoReturn:
    """Raise the error that explains why msgspec stopped."""
    found = re.search(r"\(byte (\d{1,19})\)", sentence)
    place = int(found[1]) if found else len(body)
    # Behind the sign of -Infinity the byte is one further.
    start = place - (body[max(place - 1, 0) : place] == b"-")
    constant = _CONSTANT.match(body, start)
    if constant is not None:
        field = _field_at(body, start)
        kind = SampleRateError if field.endswith("sample_rate_hz") else SignalNotFiniteError
        raise kind(f"The JSON body has {constant[0].decode()}, which is no number.", field=field)
    if "utf-16" in sentence or _HALF_OF_A_PAIR.search(body):
        raise MalformedBodyError("The JSON body has text that is no Unicode: half of a surrogate pair stands alone.")
    if (name := other_than_json(body)) is not None:
        raise MalformedBodyError(f"The body is {name}, not JSON: state files under uploads, then send each to its URL.")
    raise MalformedBodyError(f"The body is not JSON: it is wrong at byte {place}." if found else _TOO_SHORT)


def _field_at(body: bytes, place: int) -> str:
    """Return the field whose value begins at a place, as far as the text before it shows."""
    member = _MEMBER_BEFORE.search(body[max(place - _LOOK_BACK_BYTES, 0) : place])
    if member is None:
        return "signals"
    name, last = member[1].decode(), deque(_LIST_OF_OBJECTS.finditer(body, 0, place), maxlen=1)
    if not last or body.find(b"]", last[0].end(), place) >= 0:
        return name
    return f"{last[0][1].decode()}[{body.count(b'{', last[0].end(), place) - 1}].{name}"


def _no_unicode(member: str) -> MalformedBodyError:
    return MalformedBodyError(f"{member} holds text that is no Unicode.", field=member)

"""Choose the variables of a file to read, by what they claim, before any is read."""

from collections.abc import Sequence

from build_scripts.palier_cli.readers.fields import is_field, is_time_name
from build_scripts.palier_cli.readers.variables import LARGEST_BYTES, LONG, Variable
from functions.core.errors import MalformedBodyError, RecordingTooLargeError, SignalShapeError

_NAMES_SHOWN, _NAME_SHOWN = 8, 63
# Beside a signal that is asked for, so much is read to find its time by how it rises.
_LARGEST_WITH_OTHERS = 256 << 20


def find(variables: Sequence[Variable], wanted: str) -> Variable:
    """Return the signal of a name: its whole path, or a part of one that no other has.

    Raises:
        SignalShapeError: there is none, or there are several.
    """
    signals = [one for one in variables if one.may_be_signal]
    path = wanted.strip("/").replace("/", ".")
    found = [one for one in signals if one.name == path] or [one for one in signals if f".{path}." in f".{one.name}."]
    if len(found) == 1:
        return found[0]
    shown = repr(wanted[:_NAME_SHOWN])
    if found:
        raise SignalShapeError(f"There are several signals {shown}: {listing(found)}", field="variable")
    raise SignalShapeError(f"There is no signal {shown}; {listing(signals)}", field="variable")


def choose(
    variables: Sequence[Variable], wanted: Variable | None, file_bytes: int, largest_ratio: float
) -> list[Variable]:
    """Return the variables to read: the signals that may be meant, what may be their time, and the fields.

    Args:
        variables: of the file.
        wanted: the signal; None: every one.
        file_bytes: size of the file.
        largest_ratio: to how many bytes one of the file may unpack.

    Raises:
        MalformedBodyError: they claim more than such a file can hold.
        RecordingTooLargeError: they are larger than is read.
        SignalShapeError: there is no signal.
    """
    if wanted is None and not any(one.is_signal for one in variables):
        raise SignalShapeError(_no_signal(variables), field="variable")
    fields = [one for one in variables if one.value is None and is_field(one)]
    chosen = fields + _signals(variables, wanted)
    claimed = sum(one.size_bytes for one in chosen)
    if claimed > file_bytes * largest_ratio:
        raise MalformedBodyError(
            f"The file claims {claimed} bytes of samples, more than its {file_bytes} bytes can hold: it is damaged."
        )
    if claimed > LARGEST_BYTES:
        raise RecordingTooLargeError(
            f"The signals have {claimed} bytes, and at most {LARGEST_BYTES} are read: name one with --variable, "
            "or cut the recording into parts."
        )
    return chosen


def listing(signals: Sequence[Variable]) -> str:
    """Return the names of a few signals as the end of a sentence."""
    if not signals:
        return "there is none."
    shown = [f"{one.name[:_NAME_SHOWN]} ({_size(one)})" for one in signals[:_NAMES_SHOWN]]
    more = f" and {len(signals) - _NAMES_SHOWN} more" if len(signals) > _NAMES_SHOWN else ""
    return f"there are {', '.join(shown)}{more}."


def _size(signal: Variable) -> str:
    return f"{signal.samples} samples" if signal.channels == 1 else f"{signal.channels} x {signal.samples} samples"


def _signals(variables: Sequence[Variable], wanted: Variable | None) -> list[Variable]:
    """Return every signal, or the one and the vectors as long that may be its time."""
    if wanted is None:
        return [one for one in variables if one.is_signal]
    if wanted.rate_hz is not None:
        return [wanted]
    beside = [one for one in variables if one is not wanted and one.is_signal and one.channels == 1]
    equal = [one for one in beside if one.samples == wanted.samples]
    if wanted.size_bytes + sum(one.size_bytes for one in equal) > _LARGEST_WITH_OTHERS:
        equal = [one for one in equal if one.is_time or is_time_name(one.name)]
    return [wanted, *equal]


def _no_signal(variables: Sequence[Variable]) -> str:
    named = [one for one in variables if one.may_be_signal]
    if named:
        return f"The file has no vector, and matrices of many rows are read by their name alone: {listing(named)}"
    return f"The file has no vector of {LONG} samples or more."

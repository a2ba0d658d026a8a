"""Messages between the command and its reading process: frames of msgpack; samples follow them as they are."""

from typing import IO

import msgspec

from build_scripts.palier_cli.readers.kinds import READERS, Kind

# A refusal of the command alone: the library of a kind is missing.
NOT_INSTALLED = "reader_not_installed"
_LENGTH_BYTES = 4
# Names of a thousand channels and more.
_LARGEST_FRAME_BYTES = 16_000_000
_ADVICE = {"matlab": "write it again, for example with MATLAB's save -v7", "hdf5": "write it again"}


def damaged(kind: Kind) -> str:
    """Return the sentence for a file that its library cannot read."""
    advice = _ADVICE.get(kind, "export it again")
    return f"The file cannot be read as {READERS[kind].label}: it is another kind of file, or damaged; {advice}."


class Request(msgspec.Struct, frozen=True):
    """A request to read a file.

    Attributes:
        path: of the file, as the file system has it.
        size_bytes: of the file.
        kind: of the table of readers.
        variable: name of the variable that holds the signal, as the command line has it; None: whatever is one.
        deadline_s: how long it may take, in seconds.
        is_rate_given: whether the caller states the sample rate; then several in the file are no fault.
    """

    path: bytes
    size_bytes: int
    kind: Kind
    variable: bytes | None
    deadline_s: float
    is_rate_given: bool = False


class Found(msgspec.Struct, frozen=True, tag=True):
    """A recording: its little-endian float32 samples [channels, samples] follow."""

    channels: int
    samples: int
    sample_rate_hz: float | None
    names: list[str]
    unit: str | None
    shaft_speed_rpm: float | None
    units: list[str | None] = []
    note: str | None = None


class Refused(msgspec.Struct, frozen=True, tag=True):
    """There is no recording; code is that of an error of functions.core.errors."""

    code: str
    sentence: str


Answer = Found | Refused


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as a frame; raises UnicodeEncodeError where it holds what is no text."""
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(_LENGTH_BYTES, "little") + content


def receive(stream: IO[bytes]) -> bytes | None:
    """Return what is in the next frame, or None where there is none any more.

    Raises:
        EOFError: it is cut short, or longer than any is.
    """
    head = stream.read(_LENGTH_BYTES)
    if not head:
        return None
    size_bytes = int.from_bytes(head, "little")
    if size_bytes > _LARGEST_FRAME_BYTES:
        raise EOFError
    content = stream.read(size_bytes)
    if len(content) != size_bytes:
        raise EOFError
    return content

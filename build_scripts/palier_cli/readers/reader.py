"""Files of other programs, read in another process, which a broken file may end."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec
import numpy as np

from build_scripts.local.aws.embedded.processes import send, start_python
from build_scripts.palier_cli.arguments import open_regular
from build_scripts.palier_cli.readers.kinds import HEAD_BYTES, READERS, Kind, reader_of
from build_scripts.palier_cli.readers.messages import NOT_INSTALLED, Answer, Found, Refused, Request, encode, receive
from build_scripts.palier_cli.readers.variables import LARGEST_BYTES
from functions.core.errors import (
    MalformedBodyError,
    PalierError,
    RecordingTooLargeError,
    SampleRateContradictsError,
    SampleRateError,
    SignalShapeError,
)
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.signal import MOST_CHANNELS, Recording

MODULE = "build_scripts.palier_cli.readers.child"
ROOT = Path(__file__).resolve().parents[3]
# A slow disk reads some megabytes a second.
_DEADLINE_S, _BYTES_PER_S = 60.0, 4e6
_FLOAT32_BYTES = 4


class ReadingEndedError(PalierError):
    """The process that reads files ended, and not a fork of it."""

    code = "reading_ended"


class ReaderNotInstalledError(PalierError):
    """The library that reads a kind of files is not installed."""

    code = NOT_INSTALLED


_REFUSALS: Mapping[str, type[PalierError]] = {
    one.code: one
    for one in (
        MalformedBodyError,
        ReaderNotInstalledError,
        RecordingTooLargeError,
        SampleRateContradictsError,
        SampleRateError,
        SignalShapeError,
    )
}


class FileReader:
    """Reads files in another process, one for all of them; where it has ended, the next file starts it anew."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: Path, kind: Kind, variable: str | None = None, *, is_rate_given: bool = False) -> Recording:
        """Read a file as float32 [C, N], with the rate, unit and shaft speed that its fields state.

        Without a variable's name, every long vector is a channel of that name, if they are equally long.

        Args:
            path: the file.
            kind: of the table of readers.
            variable: path of a vector, or of a matrix of channels, or the end of the path.
            is_rate_given: whether the caller states the sample rate; then several in the file are no fault.

        Raises:
            OSError: the file cannot be opened.
            MalformedBodyError: it is no file of its kind, or damaged.
            ReaderNotInstalledError: the library of its kind is missing.
            ReadingEndedError: the process that reads ended; the next file starts it anew.
            RecordingTooLargeError: it is larger than is read.
            SampleRateError: its rate is no finite number.
            SampleRateContradictsError: it states several.
            SignalShapeError: no variable of this name, or none or several that could be meant.
        """
        request = _request(path, kind, variable, is_rate_given=is_rate_given)
        process = self._running()
        try:
            return _ask(process, request)
        except (BrokenPipeError, EOFError, msgspec.DecodeError):
            self._end()
            raise ReadingEndedError(
                "The process that reads files ended with this one: it is damaged, or memory is short."
            ) from None

    def __enter__(self) -> Self:
        """Return the reader; its process starts with the first file."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._end()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            # -P: no module is imported from the folder that the command is called in. It ends when its input does.
            self._process = start_python(["-P", "-m", MODULE], _environment(), errors=subprocess.DEVNULL)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            # Its forks are of its session: none outlives it.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def read_file(path: Path, kind: Kind, variable: str | None = None, *, is_rate_given: bool = False) -> Recording:
    """Read one file as float32 [C, N]; as FileReader.read, which several share one process with."""
    with FileReader() as reader:
        return reader.read(path, kind, variable, is_rate_given=is_rate_given)


def _request(path: Path, kind: Kind, variable: str | None, *, is_rate_given: bool) -> Request:
    with open_regular(path) as file:
        head = file.read(HEAD_BYTES)
        size_bytes = os.fstat(file.fileno()).st_size
    kind = reader_of(kind, head)
    if size_bytes > READERS[kind].most_bytes:
        raise RecordingTooLargeError(
            f"The file has {size_bytes} bytes, and at most {READERS[kind].most_bytes} of {READERS[kind].label} are "
            "read: cut it into parts."
        )
    deadline_s = _DEADLINE_S + min(size_bytes, LARGEST_BYTES) / _BYTES_PER_S
    wanted = None if variable is None else os.fsencode(variable)
    return Request(os.fsencode(path), size_bytes, kind, wanted, deadline_s, is_rate_given)


def _ask(process: "subprocess.Popen[bytes]", request: Request) -> Recording:
    output = send(process, encode(request))
    answer = msgspec.msgpack.decode(receive(output) or b"", type=Answer)
    if isinstance(answer, Refused):
        raise _error(answer)
    return Recording(
        _samples(output, answer),
        answer.sample_rate_hz,
        tuple(answer.names),
        answer.unit,
        answer.shaft_speed_rpm,
        channel_units=answer.units,
        note=answer.note,
    )


def _samples(stream: IO[bytes], found: Found) -> Float32Array:
    fits = 1 <= found.channels <= MOST_CHANNELS and 1 <= found.samples <= LARGEST_BYTES // found.channels
    if not fits or not {len(found.names), len(found.units)} <= {0, found.channels}:
        raise EOFError
    content = stream.read(found.channels * found.samples * _FLOAT32_BYTES)
    if len(content) != found.channels * found.samples * _FLOAT32_BYTES:
        raise EOFError
    return np.frombuffer(content, "<f4").reshape(found.channels, found.samples)


def _error(refused: Refused) -> PalierError:
    kind = _REFUSALS.get(refused.code, MalformedBodyError)
    return kind(refused.sentence, field="variable" if kind is SignalShapeError else None)


def _environment() -> dict[str, str]:
    """Return the variables of the process: this project is on its path, and no library starts threads or plug-ins."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "OPENBLAS_NUM_THREADS": "1",
        # HDF5 would load a library for any filter that a file names.
        "HDF5_PLUGIN_PRELOAD": "::",
        # Threads would be missing in a fork.
        "NUMEXPR_MAX_THREADS": "1",
    }

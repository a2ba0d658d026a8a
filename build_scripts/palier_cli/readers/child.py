"""The process that reads files of other programs: each in a fork of its own, of bounded memory and time.

By a file that was written to break them, or only damaged, SciPy, HDF5 and the others end their process, or raise
whatever their faults raise. Either ends the fork alone, and the process answers for it.
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, NoReturn

import msgspec

from build_scripts.palier_cli.readers.choosing import choose, find
from build_scripts.palier_cli.readers.joining import join
from build_scripts.palier_cli.readers.kinds import READERS, Reader
from build_scripts.palier_cli.readers.messages import NOT_INSTALLED, Found, Refused, Request, damaged, encode, receive
from functions.core.errors import MalformedBodyError, PalierError, RecordingTooLargeError
from functions.core.preprocessing.signal import Recording

# So many times what the variables claim, for reading them: as stored, unpacked, float32 and joined.
_COPIES = 4
# Seconds of the processor for a file, further ones for what it has and for what its variables claim: those of slow
# readers of text, several times over. A damaged file may send a library in circles.
_PROCESSOR_S, _BYTES_PER_S, _CLAIMED_BYTES_PER_S = 1.0, 1e6, 2e7
_NO_MEMORY = "The file needs more memory than its variables account for: it is damaged, or too large to be read here."


def main() -> None:
    """Answer the requests on standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints is no part of the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    while (content := receive(sys.stdin.buffer)) is not None:
        request = msgspec.msgpack.decode(content, type=Request)
        reader = READERS[request.kind]
        if not _is_installed(reader):
            _send(answers, Refused(NOT_INSTALLED, _sentence(reader)))
            continue
        process = os.fork()
        if process == 0:
            _answer_and_end(request, answers)
        _answer_for(process, request, answers)


def _is_installed(reader: Reader) -> bool:
    """Import what reads a kind of files, once for all files of the kind; False where it is not installed."""
    try:
        reader.file_class.prepare()
    except ModuleNotFoundError:
        if not reader.package:
            raise
        return False
    return True


def _sentence(reader: Reader) -> str:
    return (
        f"{reader.label} files are read by {reader.package}, which is not installed: run `make instruments`, "
        f"or `pip install {reader.package}`."
    )


def _answer_and_end(request: Request, answers: IO[bytes]) -> NoReturn:
    status = 1
    try:
        signal.setitimer(signal.ITIMER_REAL, request.deadline_s)
        frame, samples = _answer(request)
        for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)
        answers.write(frame)
        answers.write(samples)
        answers.flush()
        status = 0
    finally:
        # Nothing of the process that it was forked from may run here.
        os._exit(status)


def _answer_for(process: int, request: Request, answers: IO[bytes]) -> None:
    """Send the answer of a fork that has ended without one of its own."""
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if status == -signal.SIGKILL:
        # It may have been in the middle of an answer, and nothing could follow that.
        sys.exit(1)
    if status:
        late = "The file was not read in the time that one of its size may take. "
        is_late = status in {-signal.SIGALRM, -signal.SIGPROF}
        _send(answers, Refused(MalformedBodyError.code, (late if is_late else "") + damaged(request.kind)))


def _send(answers: IO[bytes], message: Refused) -> None:
    answers.write(encode(message))
    answers.flush()


def _answer(request: Request) -> tuple[bytes, bytes | memoryview]:
    """Return a frame, and the samples that follow it."""
    try:
        recording = _read(request)
        channels, samples = recording.samples.shape
        found = Found(
            channels,
            samples,
            recording.sample_rate_hz,
            list(recording.channel_names),
            recording.unit,
            recording.shaft_speed_rpm,
            list(recording.channel_units),
            recording.note,
        )
        return encode(found), recording.samples.data.cast("B")
    except PalierError as error:
        refused = Refused(error.code, error.message)
    except MemoryError:
        refused = Refused(RecordingTooLargeError.code, _NO_MEMORY)
    return encode(refused), b""


def _read(request: Request) -> Recording:
    path, wanted = Path(os.fsdecode(request.path)), _text(request.variable)
    reader = READERS[request.kind]
    _limit_memory(reader.opening_bytes(request.size_bytes))
    _limit_processor(request.size_bytes)
    file = reader.file_class(path)
    signal = None if wanted is None else find(file.variables, wanted)
    chosen = choose(file.variables, signal, request.size_bytes, reader.largest_ratio)
    claimed = sum(one.size_bytes for one in chosen)
    _limit_memory(reader.opening_bytes(request.size_bytes) + _COPIES * claimed)
    _limit_processor(request.size_bytes, claimed)
    return join(file.read(chosen), signal, file.variables, is_rate_given=request.is_rate_given)


def _limit_processor(size_bytes: int, claimed_bytes: int = 0) -> None:
    """Let this process work so long from now on; then a signal ends it."""
    seconds = _PROCESSOR_S + size_bytes / _BYTES_PER_S + claimed_bytes / _CLAIMED_BYTES_PER_S
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory(more_bytes: int) -> None:
    """Let this process have so many bytes more than it has now, and write no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Other systems have no such limit, or none that they keep.
    if sys.platform == "linux":
        now_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        allowed = now_bytes + more_bytes
        limit = allowed if most == resource.RLIM_INFINITY else min(allowed, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _text(variable: bytes | None) -> str | None:
    return None if variable is None else os.fsdecode(variable)


if __name__ == "__main__":
    main()

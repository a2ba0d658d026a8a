"""The process that reads MATLAB files: each in a fork of its own, of bounded memory and time.

By a file that was written to break them, or only damaged, SciPy and HDF5 end their process, or raise whatever their
faults raise. Either ends the fork alone, and the process answers for it.
"""

import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, NoReturn

import msgspec

from build_scripts.palier_cli.matlab.hdf5 import list_hdf5, load_hdf5
from build_scripts.palier_cli.matlab.level5 import list_level5, load_level5
from build_scripts.palier_cli.matlab.messages import DAMAGED, Found, Refused, Request, encode, receive
from build_scripts.palier_cli.matlab.signals import choose, join
from functions.core.errors import MalformedBodyError, PalierError, RecordingTooLargeError
from functions.core.preprocessing.signal import Recording

# For headers; and for reading, beside so many times what the variables claim: as stored, unpacked, float32 and joined.
_MEMORY_BYTES = 256 << 20
_COPIES = 4
_NO_MEMORY = "The file needs more memory than its variables account for: it is damaged, or too large to be read here."


def main() -> None:
    """Answer the requests on standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints is no part of the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    while (content := receive(sys.stdin.buffer)) is not None:
        request = msgspec.msgpack.decode(content, type=Request)
        _import_reader(request)
        process = os.fork()
        if process == 0:
            _answer_and_end(request, answers)
        _answer_for(process, request, answers)


def _import_reader(request: Request) -> None:
    """Import what reads the file here, once for all files of its kind."""
    if request.hdf5:
        import h5py  # noqa: F401
    else:
        import scipy.io  # noqa: F401


def _answer_and_end(request: Request, answers: IO[bytes]) -> NoReturn:
    status = 1
    try:
        signal.setitimer(signal.ITIMER_REAL, request.deadline_s)
        frame, samples = _answer(request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(frame)
        answers.write(samples)
        answers.flush()
        status = 0
    finally:
        # Nothing of the process that it was forked from may run here.
        os._exit(status)


def _answer_for(process: int, request: Request, answers: IO[bytes]) -> None:
    """Answer for a fork that has ended without an answer of its own."""
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if status == -signal.SIGKILL:
        # It may have been in the middle of an answer, and nothing could follow that.
        sys.exit(1)
    if status:
        late = f"The file was not read in {request.deadline_s:g} s. " if status == -signal.SIGALRM else ""
        answers.write(encode(Refused(MalformedBodyError.code, late + DAMAGED)))
        answers.flush()


def _answer(request: Request) -> tuple[bytes, bytes | memoryview]:
    """Return a frame, and the samples that follow it."""
    try:
        recording = _read(request)
        channels, samples = recording.samples.shape
        found = Found(channels, samples, recording.sample_rate_hz, list(recording.channel_names))
        return encode(found), recording.samples.data.cast("B")
    except PalierError as error:
        refused = Refused(error.code, error.message)
    except MemoryError:
        refused = Refused(RecordingTooLargeError.code, _NO_MEMORY)
    return encode(refused), b""


def _read(request: Request) -> Recording:
    path, wanted = Path(os.fsdecode(request.path)), _text(request.variable)
    list_variables, load = (list_hdf5, load_hdf5) if request.hdf5 else (list_level5, load_level5)
    _limit_memory(_MEMORY_BYTES)
    variables = list_variables(path)
    chosen = choose(variables, wanted, request.size_bytes)
    _limit_memory(_MEMORY_BYTES + _COPIES * sum(one.size_bytes for one in chosen))
    return join(load(path, chosen), wanted, variables)


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

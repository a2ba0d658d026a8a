"""The reading process by itself: what it answers, and how much time and memory it takes."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from build_scripts.palier_cli.readers.kinds import Kind
from build_scripts.palier_cli.readers.messages import Answer, Refused, Request, damaged, encode, receive
from build_scripts.palier_cli.readers.reader import MODULE, ROOT


def answers(*requests: Request) -> list[Answer]:
    """Every answer that is none of samples."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", MODULE],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"".join(map(encode, requests)))
        process.stdin.close()
        contents = iter(lambda: receive(process.stdout), None)  # type: ignore[arg-type]
        found = [msgspec.msgpack.decode(content, type=Answer) for content in contents]
    assert process.returncode == 0
    return found


@pytest.mark.parametrize("kind", ["matlab", "hdf5"])
def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, kind: Kind) -> None:
    """A pipe, which nobody ever writes to."""
    os.mkfifo(tmp_path / "a.mat")
    request = Request(bytes(tmp_path / "a.mat"), 1000, kind, None, 0.2)
    late = Refused(
        "malformed_body", f"The file was not read in the time that one of its size may take. {damaged(kind)}"
    )
    assert answers(request, request) == [late, late]


def test_it_ends_with_its_input() -> None:
    assert answers() == []

"""Arguments of the command line: names, numbers and files, checked before they are used, and shared options."""

import argparse
import errno
import math
import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO, get_args

from build_scripts.palier_cli.terminal import printable
from functions.core.errors import RecordingTooLargeError
from functions.core.preprocessing.indicators import Foundation

# Of a deployment, by the names that cdk/stages.py has for them; the CDK need not be loaded to parse.
STAGE_NAMES = ("dev", "staging", "prod")
LARGEST_FILE_BYTES = 1 << 30
_LONGEST_NAME = 256
_LARGEST_COUNT = 1_000_000
# Options that state what the machine is.
_SEVERITY = ("machine_group", "foundation")
_HEADER = re.compile(r"[!-~]{1,1024}")


def parse_name(text: str) -> str:
    """Return a name of a channel, a variable or a model; raises ArgumentTypeError where it can be none."""
    # Bytes that are no UTF-8 stand as lone surrogates, which nothing can send.
    if not 1 <= len(text) <= _LONGEST_NAME or any("\ud800" <= one <= "\udfff" for one in text):
        raise argparse.ArgumentTypeError(f"a name has 1 to {_LONGEST_NAME} characters of UTF-8")
    return text


def parse_header(text: str) -> str:
    """Return a key that is sent in a header; raises ArgumentTypeError where none can have it."""
    if not _HEADER.fullmatch(text):
        raise argparse.ArgumentTypeError("a key has 1 to 1024 letters, digits and signs of ASCII, and no space")
    return text


def parse_count(text: str) -> int:
    """Return a whole number from 1; raises ArgumentTypeError."""
    value = parse_rows(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"a count is from 1 to {_LARGEST_COUNT}")
    return value


def parse_rows(text: str) -> int:
    """Return a whole number from 0; raises ArgumentTypeError."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_COUNT))
    value = int(text) if digits else _LARGEST_COUNT + 1
    if value > _LARGEST_COUNT:
        raise argparse.ArgumentTypeError(f"a count is from 0 to {_LARGEST_COUNT}")
    return value


def parse_number(text: str) -> float:
    """Return a number that is finite; raises ArgumentTypeError."""
    try:
        value = float(text) if len(text) <= _LONGEST_NAME else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{printable(text[:40])} is no finite number")
    return value


def parse_amount(text: str) -> float:
    """Return a finite number from 0; raises ArgumentTypeError."""
    value = parse_number(text)
    if value < 0:
        raise argparse.ArgumentTypeError("this is below 0")
    return value


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises:
        OSError: it is not there or cannot be read, or is a folder, a pipe or a device.
    """
    # Without waiting: nobody may ever write to a pipe.
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(file).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(file, "rb")
    os.close(file)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "It is a pipe or a device", str(path))


def read_bytes(path: Path) -> bytes:
    """Return what is in a regular file.

    Raises:
        OSError: as `open_regular`.
        RecordingTooLargeError: it is larger than is read; a file may claim any size and take none on the disk.
    """
    with open_regular(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if size_bytes > LARGEST_FILE_BYTES:
            raise RecordingTooLargeError(
                f"The file has {size_bytes} bytes, and at most {LARGEST_FILE_BYTES} are read: cut it into parts."
            )
        # No more than it had, since it may still be written to; and no larger a buffer.
        return file.read(size_bytes)


def add_severity_options(parser: argparse.ArgumentParser) -> None:
    """Add machine group and foundation."""
    group = parser.add_argument_group("how severe the vibration is")
    group.add_argument(
        "--machine-group", type=int, choices=(1, 2), help="of ISO 20816-3: 1 above 300 kW, 2 from 15 to 300 kW"
    )
    group.add_argument("--foundation", choices=get_args(Foundation), help="of the machine, for ISO 20816-3")


def severity_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, by the names that they have in a request."""
    named = {name: getattr(arguments, name) for name in _SEVERITY}
    return {name: value for name, value in named.items() if value is not None}

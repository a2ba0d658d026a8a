"""The kinds of files that are read here: what opens each, what it needs, and how much it may take."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from build_scripts.palier_cli.readers.hdf5 import Hdf5File
from build_scripts.palier_cli.readers.level5 import Level5File
from build_scripts.palier_cli.readers.lvm import LvmFile
from build_scripts.palier_cli.readers.mdf import MdfFile
from build_scripts.palier_cli.readers.npz import NpzFile
from build_scripts.palier_cli.readers.tdms import TdmsFile
from build_scripts.palier_cli.readers.uff import UffFile
from build_scripts.palier_cli.readers.variables import LARGEST_BYTES, VariableFile
from functions.core.decoding.foreign import recognize

Kind = Literal["matlab", "hdf5", "npz", "uff", "tdms", "lvm", "mdf"]

# To open a file.
_HEADER_BYTES = 256 << 20
# Deflate packs at most 1,032 bytes into one; MATLAB's version 5 stores eight bytes of a small number as one.
DEFLATE = 1032


class FileClass(Protocol):
    """The interface of a class that opens files of a kind."""

    @staticmethod
    def prepare() -> None:
        """Import the library; raises ModuleNotFoundError where it is missing."""

    def __call__(self, path: Path) -> VariableFile:
        """Open a file."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """The reader of a kind of files.

    Attributes:
        label: what the kind is called in a sentence.
        file_class: opens a file by its path.
        package: what is installed to have the library, where it is not there with the command; else nothing.
        largest_ratio: to how many bytes one of the file may unpack.
        opening: how many bytes of memory one of the file may take until the variables are listed.
        most_bytes: of a file that is read.
    """

    label: str
    file_class: FileClass
    package: str = ""
    largest_ratio: float = DEFLATE
    opening: int = 0
    most_bytes: int = LARGEST_BYTES

    def opening_bytes(self, file_bytes: int) -> int:
        """Return how much memory may be taken until the variables of a file are listed."""
        return _HEADER_BYTES + min(self.opening * file_bytes, 4 * LARGEST_BYTES)


# Of files whose libraries make lists of Python's numbers: ten bytes and more for each of the file.
_MOST_SPELLED = LARGEST_BYTES >> 2

READERS: dict[Kind, Reader] = {
    "matlab": Reader(
        label="MATLAB",
        file_class=Level5File,
        largest_ratio=8 * DEFLATE,
        opening=3 * 8 * DEFLATE,
    ),
    "hdf5": Reader(
        label="HDF5",
        file_class=Hdf5File,
    ),
    "npz": Reader(
        label="NPZ",
        file_class=NpzFile,
    ),
    "uff": Reader(
        label="UFF",
        file_class=UffFile,
        package="pyuff",
        opening=16,
        most_bytes=_MOST_SPELLED,
    ),
    "tdms": Reader(label="TDMS", file_class=TdmsFile, package="npTDMS", opening=2),
    "lvm": Reader(
        label="LVM",
        file_class=LvmFile,
        package="lvm_read",
        opening=16,
        most_bytes=_MOST_SPELLED,
    ),
    "mdf": Reader(label="MDF", file_class=MdfFile, package="asammdf", opening=4),
}
# MATLAB writes a block of its own before the eight bytes that begin HDF5.
_HDF5_USER_BLOCK = 512
HEAD_BYTES = _HDF5_USER_BLOCK + 8
_KINDS: dict[str | None, Kind] = {"zip": "npz", "UFF": "uff", "TDMS": "tdms", "MDF": "mdf"}
# First bytes that matter to these readers only.
_MARKS: dict[bytes, Kind] = {b"MATLAB 5.0 MAT-file": "matlab", b"LabVIEW Measurement": "lvm", b"UnFinMF ": "mdf"}


def reader_of(kind: Kind, head: bytes) -> Kind:
    """Return the kind that reads a file: one of MATLAB's that begins as HDF5 does is read as HDF5."""
    return "hdf5" if kind == "matlab" and _is_hdf5(head) else kind


def kind_of(head: bytes) -> Kind | None:
    """Return the kind that a file's first HEAD_BYTES show, or None where they show none of these."""
    if _is_hdf5(head):
        return "hdf5"
    marked = next((kind for mark, kind in _MARKS.items() if head.startswith(mark)), None)
    return marked or _KINDS.get(recognize(head))


def _is_hdf5(head: bytes) -> bool:
    return "HDF5" in (recognize(head), recognize(head[_HDF5_USER_BLOCK:HEAD_BYTES]))

"""The layout of a 64-bit little-endian ELF file.

Source: System V ABI, chapters 4 (object files) and 5 (program loading), with the names of the fields written out.
"""

import struct
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from itertools import pairwise

from build_scripts.lambda_bundle.errors import REMEDY, BundleError

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_CLASS_64_LITTLE = b"\x7fELF\x02\x01"
_ALLOCATED = 2
_LOAD = 1


@dataclass(frozen=True)
class Header:
    """The file's header; `_at` are offsets in bytes, `names` the index of the section of section names."""

    identification: bytes
    kind: int
    machine: int
    version: int
    entry: int
    segments_at: int
    sections_at: int
    flags: int
    header_size: int
    segment_size: int
    segments: int
    section_size: int
    sections: int
    names: int

    def packed(self) -> bytes:
        """Return the header as it stands in the file."""
        return _HEADER.pack(*astuple(self))


@dataclass(frozen=True)
class Segment:
    """A part of the file that the loader reads: `size` bytes at `offset`, mapped at `address`."""

    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    size: int
    memory_size: int
    alignment: int

    def packed(self) -> bytes:
        """Return the entry as it stands in the file."""
        return _SEGMENT.pack(*astuple(self))


@dataclass(frozen=True)
class Section:
    """A part of the file that linkers and debuggers read; without arguments the null section."""

    name: int = 0
    kind: int = 0
    flags: int = 0
    address: int = 0
    offset: int = 0
    size: int = 0
    link: int = 0
    info: int = 0
    alignment: int = 0
    entry_size: int = 0

    @property
    def is_allocated(self) -> bool:
        """Whether it is a part of what the loader reads."""
        return bool(self.flags & _ALLOCATED)

    def packed(self) -> bytes:
        """Return the entry as it stands in the file."""
        return _SECTION.pack(*astuple(self))


@dataclass(frozen=True)
class Gap:
    """Bytes [start, end) of the file that the loader never reads; `cut` of them, whole pages, can be left out."""

    start: int
    end: int
    cut: int


@dataclass(frozen=True)
class Layout:
    """A file's header, segments and sections."""

    header: Header
    segments: tuple[Segment, ...]
    sections: tuple[Section, ...]

    @property
    def loaded_end(self) -> int:
        """Offset behind the last byte that the loader reads."""
        return max(end for _, end in self._loaded())

    def gaps(self) -> tuple[Gap, ...]:
        """Return the gaps between loaded bytes, in the order of the file."""
        page = max((segment.alignment for segment in self.segments if segment.kind == _LOAD), default=1)
        spans: list[tuple[int, int]] = []
        for start, end in sorted(self._loaded()):
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
        return tuple(Gap(end, start, (start - end) // page * page) for (_, end), (start, _) in pairwise(spans))

    def names_of(self, content: bytes) -> bytes:
        """Return the names of the sections."""
        names = self.sections[self.header.names]
        return content[names.offset : names.offset + names.size]

    def _loaded(self) -> Iterator[tuple[int, int]]:
        yield 0, _HEADER.size
        yield self.header.segments_at, self.header.segments_at + self.header.segments * _SEGMENT.size
        yield from ((one.offset, one.offset + one.size) for one in self.segments if one.size)


def read_layout(path: str, content: bytes) -> Layout:
    """Return the layout of the file at a path.

    Raises:
        BundleError: the file is not a 64-bit little-endian ELF file with a section table, or is cut off.
    """
    if not content.startswith(_CLASS_64_LITTLE) or len(content) < _HEADER.size:
        raise BundleError(f"{path} is not a 64-bit little-endian ELF file: {REMEDY}")
    header = Header(*_HEADER.unpack_from(content))
    tables = ((_SEGMENT, header.segments_at, header.segments), (_SECTION, header.sections_at, header.sections))
    if any(start + count * entry.size > len(content) for entry, start, count in tables):
        raise BundleError(f"{path} is cut off, its tables lie behind its end: {REMEDY}")
    segments, sections = (
        list(entry.iter_unpack(content[start : start + count * entry.size])) for entry, start, count in tables
    )
    if header.names >= len(sections):
        raise BundleError(f"{path} has no section table with names: {REMEDY}")
    return Layout(header, tuple(Segment(*one) for one in segments), tuple(Section(*one) for one in sections))

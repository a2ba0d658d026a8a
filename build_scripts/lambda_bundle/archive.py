"""Zip archives whose bytes depend on their contents alone.

zlib's output differs between its versions and forks, so the compressor is a locked package of its own.
"""

import io
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import deflate

from build_scripts.lambda_bundle.tree import Tree

LEVEL = 10  # of libdeflate's 12: a tenth of a percent larger than 12, in half the time
# Source: PKWARE APPNOTE.TXT 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16.
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _UNIX, _UTF8, _DEFLATED = 20, 3 << 8, 0x800, 8
_TIME, _DATE = 0, 0x21  # 1980-01-01 00:00, the first that a zip can express
_READABLE_FILE = 0o100644


@dataclass(frozen=True)
class _Entry:
    name: bytes
    fields: tuple[int, ...]
    offset: int

    def central(self) -> bytes:
        nothing = (0, 0, 0, 0)  # extra field, comment, number of the disk, kind of text
        fields = (*self.fields, len(self.name), *nothing, _READABLE_FILE << 16, self.offset)
        return _CENTRAL.pack(b"PK\x01\x02", _UNIX | _VERSION, _VERSION, *fields) + self.name


def packed(tree: Tree) -> bytes:
    """Return a zip archive of the files in the order of their paths: readable by all, of 1980-01-01."""
    body, entries = io.BytesIO(), []
    for path in sorted(tree):
        content, name = tree[path], path.encode()
        data = bytes(deflate.deflate_compress(content, LEVEL))
        fields = (_UTF8, _DEFLATED, _TIME, _DATE, deflate.crc32(content), len(data), len(content))
        entries.append(_Entry(name, fields, body.tell()))
        body.write(_LOCAL.pack(b"PK\x03\x04", _VERSION, *fields, len(name), 0) + name + data)
    return body.getvalue() + _directory(entries, body.tell())


def unpacked(archive: bytes) -> Tree:
    """Return the files of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        return {name: content.read(name) for name in content.namelist()}


def _directory(entries: Sequence[_Entry], start: int) -> bytes:
    central = b"".join(entry.central() for entry in entries)
    return central + _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(central), start, 0)

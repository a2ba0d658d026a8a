"""Recognition of a file's format by its first bytes, for files that are sent under another format's name."""

import re

# Enough to distinguish text from samples: of 16 bytes of samples one in a million looks like text, of 1,024 none.
_HEAD_BYTES = 1024
_FEWEST_TEXT_BYTES = 16
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\n\r\f"
_CONTROLS = bytes(set(range(0x20)) - set(_PRINTABLE)) + b"\x7f"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s{0,64}(?:\{\s{0,64}["}]|\[\s{0,64}(?:[\[\d-]|\{\s{0,64}"))')
# First bytes. Source: the formats' own descriptions.
_MARKS = (
    (b"\x93NUMPY", "npy"),
    (b"fLaC", "flac"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"MATLAB ", "MATLAB"),
    (b"TDSm", "TDMS"),
    (b"MDF     ", "MDF"),
    (b"OggS", "Ogg"),
    (b"caff", "CAF"),
    (b"riff", "W64"),
    (b"ID3", "MP3"),
    (b"%PDF-", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel (.xls)"),
    (b"SQLite format 3\0", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow"),
    (b"\x80\x04\x95", "a pickle"),
    (b"\x80\x05\x95", "a pickle"),
    *((b"\x80" + version + begin, "a pickle") for version in (b"\x02", b"\x03") for begin in (b"c", b"]q", b"}q")),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\xfd7zXZ\0", "XZ"),
    *((b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    (b"\x89PNG\r\n", "PNG"),
    (b".snd", "AU"),
    (b"|CF,", "imc FAMOS"),
    *((b"    -1" + end + number, "UFF") for end in (b"\n", b"\r\n") for number in (b"    58", b"   151")),
)
_ALL_MARKS = tuple(mark for mark, _ in _MARKS)
# The first member of the zip that a workbook is. Source: ECMA-376, part 2.
_OFFICE = b"[Content_Types].xml"
_RIFF = (b"RIFF", b"RIFX", b"RF64", b"BW64")
# A file of catman begins with its version, 5010 or a little more, where its data stand, and the length of a comment.
_CATMAN = range(5010, 5016)
_FEWEST_CATMAN_BYTES, _MOST_CATMAN_BYTES = 78, 1 << 24
_FIRST_BYTES = frozenset(mark[0] for mark in (*_ALL_MARKS, *_RIFF, b"FORM", *_UTF16_MARKS)) | {
    version % 256 for version in _CATMAN
}
_CONTROL = re.compile(b"[" + re.escape(_CONTROLS) + b"]")


def recognize(body: bytes | memoryview) -> str | None:
    """Return the format of a file by its first bytes: a name of the table of formats, `text`, another name, or None."""
    # Most bodies are samples: they begin like no other format, and are no text after a few bytes.
    if body and body[0] not in _FIRST_BYTES and _CONTROL.search(body, 0, _HEAD_BYTES):
        return None
    head = bytes(body[:_HEAD_BYTES])
    marked = _marked(head)
    if marked == "zip" and _OFFICE in head:
        return "an Office document"
    if marked or not _is_text(head):
        return marked
    return "json" if _JSON.match(head) else "text"


def other_than_json(body: bytes) -> str | None:
    """Return the format of a body that should be JSON, as `recognize`; None where it may be JSON, or is unknown."""
    found = recognize(body)
    return None if found == "json" or body.lstrip().startswith((b"{", b"[")) else found


def _marked(head: bytes) -> str | None:
    # Most bodies begin with none of them: one call finds that.
    if head.startswith(_ALL_MARKS):
        return next(name for mark, name in _MARKS if head.startswith(mark))
    if head[:4] in _RIFF and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    return "catman" if _is_catman(head) else None


def _is_catman(head: bytes) -> bool:
    if int.from_bytes(head[:2], "little") not in _CATMAN:
        return False
    offset, comment = int.from_bytes(head[2:6], "little"), int.from_bytes(head[6:8], "little")
    return comment + _FEWEST_CATMAN_BYTES <= offset < _MOST_CATMAN_BYTES


def _is_text(head: bytes) -> bool:
    if head[:2] in _UTF16_MARKS:
        head = head.decode("utf-16", "ignore").encode("latin-1", "replace")
    if len(head) < _FEWEST_TEXT_BYTES or len(head.translate(None, _CONTROLS)) < len(head):
        return False
    # A few letters of any one-byte alphabet, or of UTF-8.
    return len(head.translate(None, _PRINTABLE)) * 10 <= len(head)

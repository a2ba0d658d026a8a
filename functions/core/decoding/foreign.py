"""What bytes are, told from their beginning: files are sent under names that are not theirs."""

import re

# Enough to tell text from samples: of 16 bytes of samples one in a million looks like text, of 1,024 none.
_HEAD_BYTES = 1024
_FEWEST_TEXT_BYTES = 16
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\n\r\f"
_CONTROLS = bytes(set(range(0x20)) - set(_PRINTABLE)) + b"\x7f"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s{0,64}(?:\{\s{0,64}["}]|\[\s{0,64}[\[\d-])')
# First bytes, and where they stand. Source: the formats' own descriptions.
_MARKS = (
    (0, b"\x93NUMPY", "npy"),
    (0, b"fLaC", "flac"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard"),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"),
    (0, b"MATLAB ", "MATLAB"),
    (0, b"TDSm", "TDMS"),
    (0, b"MDF     ", "MDF"),
    (0, b"OggS", "Ogg"),
    (0, b"caff", "CAF"),
    (0, b"riff", "W64"),
    (0, b"ID3", "MP3"),
    (0, b"%PDF-", "PDF"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel (.xls)"),
    (0, b"SQLite format 3\0", "SQLite"),
    (0, b"PAR1", "Parquet"),
)
_RIFF = (b"RIFF", b"RIFX", b"RF64", b"BW64")


def recognize(body: bytes | memoryview) -> str | None:
    """Return what a file's first bytes are: a name of the table of formats, `text`, another name, or None."""
    head = bytes(body[:_HEAD_BYTES])
    if head[:4] in _RIFF and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    marked = next((name for at, mark, name in _MARKS if head.startswith(mark, at)), None)
    if marked or not _is_text(head):
        return marked
    return "json" if _JSON.match(head) else "text"


def _is_text(head: bytes) -> bool:
    if head[:2] in _UTF16_MARKS:
        head = head.decode("utf-16", "ignore").encode("latin-1", "replace")
    if len(head) < _FEWEST_TEXT_BYTES or len(head.translate(None, _CONTROLS)) < len(head):
        return False
    # A few letters of any one-byte alphabet, or of UTF-8.
    return len(head.translate(None, _PRINTABLE)) * 10 <= len(head)

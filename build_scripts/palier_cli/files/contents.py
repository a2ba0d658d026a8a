"""What a file is by its first bytes, where its name does not tell."""

import codecs
import re

from build_scripts.palier_cli.readers.kinds import kind_of

# First bytes by the names of the table of formats; those of files that are read in another process stand in its table.
_MAGIC = {
    "wav": (b"RIFF", b"RF64", b"BW64", b"RIFX"),
    "flac": (b"fLaC",),
    "aiff": (b"FORM",),
    "npy": (b"\x93NUMPY",),
}
_TEXT, _DELIMITED = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "delimited"
# Of Windows-1252 and UTF-8; of the control characters tab, line feed, form feed, carriage return and Ctrl-Z.
_PRINTABLE = re.compile(rb"[\t\n\f\r\x1a -~\x80-\xff]+")


def format_of(head: bytes) -> str | None:
    """Return the name of the format that a file's first bytes show, or None where they show none.

    Args:
        head: the first HEAD_BYTES of it, or all.
    """
    shown: str | None = kind_of(head)
    if shown is not None:
        return shown
    for name, magic in _MAGIC.items():
        if head.startswith(magic):
            return name
    is_text = head.startswith(_TEXT) or (_PRINTABLE.fullmatch(head) and re.search(rb"\d", head))
    return _DELIMITED if is_text else None

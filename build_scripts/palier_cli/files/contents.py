"""Recognize a file by its first bytes, where its name does not show the format."""

import re

from build_scripts.palier_cli.readers.kinds import kind_of
from functions.core.decoding.foreign import recognize

# Names of the table of formats by what first bytes are called.
_NAMES = {"text": "delimited", "AIFF": "aiff"}
# Source: POSIX.1-2017, pax, ustar interchange format.
_TAR, _TAR_AT = b"ustar", 257
_OFFICE = "an Office document"
# Of Windows-1252 and UTF-8; of the control characters tab, line feed, form feed, carriage return and Ctrl-Z.
_PRINTABLE = re.compile(rb"[\t\n\f\r\x1a -~\x80-\xff]+")


def content_of(head: bytes) -> str | None:
    """Return what a file's first bytes show: a name of the table of formats, another name, or None.

    Args:
        head: the first HEAD_BYTES of it, or all.
    """
    found = recognize(head) or ("tar" if head[_TAR_AT:].startswith(_TAR) else None)
    if found == _OFFICE:
        return found
    shown: str | None = kind_of(head)
    if shown is not None or found is not None:
        return shown or _NAMES.get(str(found), found)
    # Short, or with a Ctrl-Z.
    return "delimited" if _PRINTABLE.fullmatch(head) and re.search(rb"\d", head) else None

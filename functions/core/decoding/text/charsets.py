"""Character sets of text files: from bytes to text."""

import codecs

from functions.core.errors import InvalidOptionError, MalformedBodyError

# The names of Python's codecs that are accepted; some of its other codecs are no character sets.
_KNOWN = frozenset(
    (
        *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *("iso8859-1", "iso8859-2", "iso8859-5", "iso8859-9", "iso8859-15", "koi8-r", "mac-roman"),
        *("cp437", "cp850", "cp852", "cp866", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257"),
        *("shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "gb2312", "gbk", "gb18030", "big5"),
    )
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD_BYTES = 256
# The end mark of MS-DOS, and zeros that fill up a fixed size.
_PADDING = "\x1a\0"


def decode_text(body: bytes, charset: str | None = None) -> str:
    """Return a file's text, its lines ended by line feeds, without a byte order mark.

    Args:
        body: the file.
        charset: its encoding; by default by its byte order mark or its zeros, else UTF-8 or Windows-1252.

    Raises:
        InvalidOptionError: there is no such charset.
        MalformedBodyError: the bytes are not text in it.
    """
    codec = _codec(charset) if charset else _found(body)
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        if charset or not codec.startswith("utf-8"):
            line = body.count(b"\n", 0, error.start) + 1
            raise MalformedBodyError(
                f"The file is no text in {codec} at line {line}: state its encoding with `charset`.", field="signal"
            ) from None
        # Digits are the same in it; letters that are not stand in names only.
        text = body.decode("cp1252", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff").rstrip(_PADDING)


def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        name = ""
    if name not in _KNOWN:
        raise InvalidOptionError(
            f"There is no charset {charset!r}; state one such as utf-8, utf-16 or windows-1252.", field="charset"
        )
    return "utf-8-sig" if name == "utf-8" else name


def _found(body: bytes) -> str:
    marked = next((codec for mark, codec in _MARKS if body.startswith(mark)), None)
    if marked:
        return marked
    head = body[:_HEAD_BYTES]
    # Digits and separators of UTF-16 have a zero in every pair.
    if b"\0" in head and 2 * head[1::2].count(0) > len(head[1::2]) and 0 not in head[::2]:
        return "utf-16-le"
    if b"\0" in head and 2 * head[::2].count(0) > len(head[::2]) and 0 not in head[1::2]:
        return "utf-16-be"
    return "utf-8"

"""Reader of multipart/form-data, as web forms and `curl -F` send it: one file, and options beside it.

Loaded at the first form. Parts are cut at the boundary; the standard library reads their heads. Starlette's own
reader needs a package that Starlette would then load at every cold start. Source: RFC 7578; RFC 2046, section 5.1.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from functions.core.errors import MalformedBodyError

# Options and a file; each part makes an object.
MOST_PARTS = 100
_LONGEST_HEAD = 8192
_LONGEST_BOUNDARY = 70
_PLAIN = {"", "7bit", "8bit", "binary"}


@dataclass(frozen=True)
class Form:
    """A form with one file.

    content: of the file; file_name, content_type: as they were sent, or empty; fields: the other parts, as text.
    """

    content: bytes
    file_name: str
    content_type: str
    fields: dict[str, str]


def read_form(body: bytes, content_type: str) -> Form:
    """Read a form with one file.

    Args:
        body: the form.
        content_type: of the request; it has the boundary.

    Raises:
        MalformedBodyError: no form, cut short, too many parts, or not one file.
    """
    fields: dict[str, str] = {}
    files: list[Form] = []
    for head, content in _parts(body, _boundary(content_type)):
        name, file_name = head.get_param("name", "", "content-disposition"), head.get_filename()
        if file_name is not None or name == "file":
            files.append(Form(content, file_name or "", head.get("content-type", ""), fields))
        elif str(name) in fields:
            raise _malformed(f"The form has the field {str(name)[:40]!r} twice; send it once.")
        else:
            fields[str(name)] = _text(content, str(name))
    if len(files) != 1:
        raise _malformed(f"The form has {len(files)} files; send one, as `curl -F file=@recording.wav` does.")
    return files[0]


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary", "")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise _malformed(f"The form's Content-Type has no boundary of 1 to {_LONGEST_BOUNDARY} characters; add it.")
    return boundary.encode()


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[Message, bytes]]:
    """Yield head and content of each part."""
    mark = b"\r\n--" + boundary
    # A preamble stands before the first mark, an epilogue behind the last.
    at = 0 if body.startswith(mark[2:]) else body.find(mark) + 2
    if at == 1:
        raise _malformed("The form does not have the boundary that its Content-Type names; send both alike.")
    at += len(mark) - 2
    for _ in range(MOST_PARTS + 1):
        if body.startswith(b"--", at):
            return
        start = body.find(b"\r\n", at, at + _LONGEST_HEAD)
        # A part may have no head: then an empty line comes first.
        end = body.find(b"\r\n\r\n", start, start + _LONGEST_HEAD) if start >= 0 else -1
        following = body.find(mark, end + 2) if end >= 0 else -1
        if following < 0:
            raise _malformed("The form is cut short, or a part of it has no head; send it whole.")
        head = HeaderParser().parsestr(body[start + 2 : end].decode("utf-8", "replace"))
        if str(head.get("content-transfer-encoding", "")).strip().lower() not in _PLAIN:
            raise _malformed("A part of the form has a Content-Transfer-Encoding; send its bytes as they are.")
        yield head, body[end + 4 : following]
        at = following + len(mark)
    raise _malformed(f"The form has more than {MOST_PARTS} parts; send one file and options.")


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _malformed(f"The form's field {name[:40]!r} is no UTF-8 text; a file needs a file name.") from None


def _malformed(sentence: str) -> MalformedBodyError:
    return MalformedBodyError(sentence, field="file")

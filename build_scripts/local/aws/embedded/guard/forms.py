"""Forms that upload an object: their fields, read before their file, in the one shape that leaves nothing to guess."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from build_scripts.local.aws.embedded.guard.signatures import RefusedError

# Of everything before the file; a signed form has about two thousand.
MOST_HEAD_BYTES = 65_536
# After the file: the boundary that ends the form.
_MOST_TAIL_BYTES = 128
_FILE = "file"
_TYPE = re.compile(r'multipart/form-data;\s*boundary="?([0-9A-Za-z\'()+_,./:=?-]{1,70})"?', re.IGNORECASE)
_PART = re.compile(
    rb'\r\nContent-Disposition: form-data; name="([A-Za-z0-9_-]{1,100})"(?:; filename="[^"\r\n]*")?'
    rb"(?:\r\nContent-Type: [^\r\n]*)?\r\n\r\n",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Head:
    """The part of a form before its file.

    Attributes:
        delimiter: that ends each part.
        fields: by their names in small letters.
        file_at: where the file begins in the body (bytes).
    """

    delimiter: bytes
    fields: Mapping[str, str]
    file_at: int

    def most_bytes(self, bucket: str) -> int:
        """Return the largest size of the whole body, by the policy's limit of the file (bytes).

        Raises:
            RefusedError: the policy has no limit, or is for another bucket.
        """
        try:
            conditions = json.loads(base64.b64decode(self.fields.get("policy", ""), validate=True))["conditions"]
            (most,) = [int(one[2]) for one in conditions if isinstance(one, list) and one[0] == "content-length-range"]
        except (ValueError, TypeError, LookupError, RecursionError):
            raise RefusedError("The form's policy does not limit the size of the file.") from None
        # A path that names no bucket could be one of another service.
        if {"bucket": bucket} not in conditions:
            raise RefusedError("The form's policy is not for this bucket.")
        return self.file_at + most + _MOST_TAIL_BYTES

    def check_end(self, body: bytes) -> None:
        """Check that the file is the last part of the whole body: the signature does not cover what comes after it.

        Raises:
            RefusedError: another part comes after it.
        """
        end = body.find(self.delimiter, self.file_at)
        rest = body[end + len(self.delimiter) :] if end >= 0 else b""
        if rest not in {b"--", b"--\r\n"} or body[end - 2 : end] != b"\r\n":
            raise RefusedError("The form does not end with its file.")


def read_head(content_type: str, start: bytes) -> Head:
    """Return the part of a form before its file.

    Args:
        content_type: of the form.
        start: the first bytes of the body, all of it or MOST_HEAD_BYTES.

    Raises:
        RefusedError: another shape, a name twice, no file in these bytes.
    """
    found = _TYPE.fullmatch(content_type.strip())
    if found is None:
        raise RefusedError("The form has no boundary.")
    delimiter = b"--" + found[1].encode()
    fields: dict[str, str] = {}
    at = 0
    while start.startswith(delimiter, at) and (part := _PART.match(start, at + len(delimiter), MOST_HEAD_BYTES)):
        name = part[1].decode()
        if name == _FILE:
            return Head(delimiter, fields, part.end())
        at = start.find(delimiter, part.end(), MOST_HEAD_BYTES)
        if at < 0 or start[at - 2 : at] != b"\r\n" or name.lower() in {*fields, _FILE}:
            break
        fields[name.lower()] = _text(start[part.end() : at - 2])
    raise RefusedError("The form is not one of fields, each once, and then a file.")


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise RefusedError("A field of the form is no UTF-8.") from None

import bz2
import gzip
import lzma
import zipfile
from io import BytesIO

import pytest

from functions.core.decoding.foreign import recognize


def zipped() -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("a.csv", "1\n2\n")
    return body.getvalue()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("gzip", gzip.compress(b"1\n2\n")),
        ("XZ", lzma.compress(b"1\n2\n")),
        ("zip", zipped()),
        *(("bzip2", bz2.compress(b"1\n2\n", level)) for level in range(1, 10)),
    ],
)
def test_a_packed_file_is_recognized_whatever_its_level(name: str, body: bytes) -> None:
    assert recognize(body) == name

import gzip
import zlib
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.inference.v2.compression import accepted_encoding, pack
from tests.support.v2 import HEADER_LENGTH, MEANS, Envelope, batch, binary_envelope, expected_logits, post, read_answer

Packing = Callable[[bytes], bytes]

UNPACK: dict[str, Packing] = {"gzip": gzip.decompress, "deflate": zlib.decompress}
PACK: dict[str, Packing] = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("deflate", "deflate"),
        ("gzip, deflate, br", "gzip"),
        ("deflate, gzip", "gzip"),
        ("gzip;q=0.2, deflate;q=0.8", "deflate"),
        ("gzip ; q=0.2 , deflate ; q=0.8", "deflate"),
        ("gzip;q=0", None),
        ("gzip;q=0, deflate;q=0.1", "deflate"),
        ("*", "gzip"),
        ("*;q=0", None),
        ("gzip;q=0, *", "deflate"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("gzip;q=x", None),
        ("gzip;q=", None),
        (",;=,", None),
    ],
)
def test_the_encoding_is_what_the_client_prefers(header: str | None, encoding: str | None) -> None:
    assert accepted_encoding(header) == encoding


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate"]))
def test_what_is_packed_can_be_unpacked_and_is_never_taken_for_text(body: bytes, encoding: str) -> None:
    """Mangum sends what decodes as UTF-8 as text."""
    packed = pack(body, encoding)
    assert UNPACK[encoding](packed) == body
    with pytest.raises(UnicodeDecodeError):
        packed.decode()


@pytest.mark.parametrize("sent", ["gzip", "deflate", "identity"])
@pytest.mark.parametrize("accepted", ["gzip", "deflate", "identity"])
async def test_requests_and_answers_are_packed_independently(
    client: httpx.AsyncClient, sent: str, accepted: str
) -> None:
    """The header counts the unpacked JSON object, in both directions."""
    plain = binary_envelope(batch(), parameters={"binary_data_output": True})
    envelope = Envelope(PACK[sent](plain.body), plain.headers)
    headers = {"content-encoding": sent, "accept-encoding": accepted}
    response = await client.post("/v2/models/tiny/infer", content=envelope.body, headers=envelope.headers | headers)
    assert response.headers.get("content-encoding", "identity") == accepted
    assert response.headers["vary"] == "accept-encoding"
    assert len(response.content) == int(response.headers[HEADER_LENGTH]) + 48
    assert read_answer(response)[1]["logits"] == pytest.approx(expected_logits(*MEANS), abs=1e-4)


async def test_errors_are_never_packed(client: httpx.AsyncClient) -> None:
    response = await post(client, Envelope(b"{"), **{"accept-encoding": "gzip"})
    assert response.status_code == 400
    assert "content-encoding" not in response.headers

import io

import msgspec
import pytest

from build_scripts.palier_cli.readers.messages import Found, Request, encode, receive

REQUEST = Request(b"/a/\xff.mat", 10, "hdf5", b"x", 1.5)


def test_what_is_sent_is_received_and_then_nothing() -> None:
    stream = io.BytesIO(encode(REQUEST) * 2)
    received = [msgspec.msgpack.decode(receive(stream) or b"", type=Request) for _ in range(2)]
    assert received == [REQUEST, REQUEST]
    assert receive(stream) is None


@pytest.mark.parametrize("missing", range(1, len(encode(REQUEST))))
def test_a_frame_that_was_cut_short_is_none(missing: int) -> None:
    with pytest.raises(EOFError):
        receive(io.BytesIO(encode(REQUEST)[:-missing]))


def test_a_frame_that_claims_too_much_is_not_waited_for() -> None:
    stream = io.BytesIO(b"\xff\xff\xff\xff" + bytes(100))
    with pytest.raises(EOFError):
        receive(stream)
    assert stream.tell() == 4


def test_what_is_no_text_cannot_be_sent() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode(Found(1, 1, None, ["\udcff"], None, None))

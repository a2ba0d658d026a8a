import math
import os
import pickle
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import DTypeLike, NDArray

from functions.core.decoding import npy
from functions.core.decoding.npy import decode_npy, decode_npy_batch
from functions.core.errors import (
    BatchTooLargeError,
    EmptyBodyError,
    MalformedBodyError,
    PalierError,
    SignalShapeError,
    SignalTypeError,
)
from functions.core.preprocessing.arrays import Float32Array
from functions.core.preprocessing.signal import MOST_CHANNELS
from tests.support.costs import FIXED_BYTES, assert_linear_memory, peak_bytes
from tests.support.recordings import npy_bytes, npy_with_header

MOST = 4
SHAPES = hnp.array_shapes(min_dims=1, max_dims=2, max_side=20)


def header(descr: str = "'<f4'", shape: str = "(8,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"


@given(hnp.arrays(np.float32, SHAPES, elements=st.floats(width=32)))
def test_float32_comes_back_exactly(array: NDArray[np.float32]) -> None:
    samples = decode_npy(npy_bytes(array)).samples
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, np.atleast_2d(array if is_upright(array) else array.T))


def is_upright(array: NDArray[Any]) -> bool:
    """Whether an array is [N] or [C, N]: not of one column, nor of far more rows than columns."""
    return array.ndim == 1 or len(array) == 1 or (array.shape[1] > 1 and len(array) < 16 * array.shape[1])


@pytest.mark.parametrize(
    ("shape", "channels"), [((2, 1), 1), ((40, 1), 1), ((48, 3), 3), ((2000, 2), 2), ((47, 3), 47)]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_that_lies_is_turned(shape: tuple[int, int], channels: int, order: Literal["C", "F"]) -> None:
    array = np.arange(math.prod(shape), dtype="f4").reshape(shape)
    samples = decode_npy(npy_bytes(np.asarray(array, order=order))).samples
    assert len(samples) == channels
    np.testing.assert_array_equal(samples, array.T if channels == shape[1] else array)
    assert samples.flags.c_contiguous


@pytest.mark.parametrize("dtype", ["<i1", "<i2", ">i2", "<i4", ">i4", "<u1", "<u2", ">u2"])
def test_full_scale_stretches_integers(dtype: str) -> None:
    bounds = np.iinfo(np.dtype(dtype))
    middle = 0 if bounds.min else bounds.max // 2 + 1
    counts = np.array([bounds.min, middle, middle + (bounds.max - middle) // 2 + 1], dtype)
    np.testing.assert_array_equal(decode_npy(npy_bytes(counts), 4.0).samples, [[-4, 0, 2]])


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "u1", "u2"])
def test_integers_need_their_full_scale(dtype: str) -> None:
    with pytest.raises(SignalTypeError, match="state with `full_scale`") as refusal:
        decode_npy(npy_bytes(np.zeros(8, dtype)))
    assert refusal.value.field == "signal"


def test_a_batch_may_have_integers_and_lying_recordings() -> None:
    counts = np.arange(-32, 32, dtype="<i2").reshape(2, 32, 1)
    first, second = decode_npy_batch(npy_bytes(counts), MOST, 32768)
    assert (first.samples.tolist(), second.samples.tolist()) == ([list(range(-32, 0))], [list(range(32))])


@pytest.mark.parametrize("dtype", ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_float_order_and_endianness_is_read(dtype: str, order: str) -> None:
    values = np.arange(12).reshape(3, 4) / 8
    array = np.asarray(values, dtype=dtype, order="F" if order == "F" else "C")
    samples = decode_npy(npy_bytes(array)).samples
    np.testing.assert_array_equal(samples, values)
    assert samples.flags.c_contiguous
    assert samples.dtype.isnative


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_format_is_read(version: tuple[int, int]) -> None:
    payload = np.arange(8, dtype="<f4").tobytes()
    assert decode_npy(npy_with_header(header(), payload, version)).samples.tolist() == [list(range(8))]


def test_float64_beyond_float32_is_infinite_and_left_to_the_check_of_samples() -> None:
    assert decode_npy(npy_bytes([1e300, 1.0])).samples.tolist() == [[float("inf"), 1]]


@pytest.mark.parametrize("dtype", ["i8", "u4", "c8", "U3", "S3", "?", "M8[s]", "g", [("a", "f4")]])
def test_other_dtypes_are_refused_by_name(dtype: DTypeLike) -> None:
    with pytest.raises(SignalTypeError, match="send float16, float32 or float64") as refusal:
        decode_npy(npy_bytes(np.zeros(8, dtype)))
    assert refusal.value.field == "signal"


class Trap:
    """Unpickling it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_is_refused_and_never_opened(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    array = np.empty(1, dtype=object)
    array[0] = Trap(sprung)
    body = npy_bytes(array, allow_pickle=True)
    with pytest.raises(SignalTypeError):
        decode_npy(body)
    assert not sprung.exists()
    pickle.loads(body[body.index(b"\n") + 1 :])
    assert sprung.exists(), "the trap must be able to spring"


@pytest.mark.parametrize(
    "body",
    [
        b"no npy at all",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff",
        b"PK\x03\x04 an npz is a zip",
        npy_with_header(header(), bytes(32), (9, 0)),
        npy_with_header(header("'xx'"), bytes(32)),
        npy_with_header(header("5"), bytes(32)),
        npy_with_header(header(shape="8"), bytes(32)),
        npy_with_header(header(shape="(-1, -8)"), bytes(32)),
        npy_with_header(header(shape="(True, 8)"), bytes(32)),
        npy_with_header(header(shape=f"(0, {2**70})")),
        npy_with_header(header(shape=f"(0x{'f' * 9000},)")),
        npy_with_header(header(shape=f"(0, {2**62})")),
        npy_with_header("(" * 9000),
        npy_with_header("-" * 5000 + "1"),
        npy_with_header("{[]: 1}"),
        npy_with_header("  x\n y"),
        npy_with_header("'''abc"),
        npy_with_header("__import__('os')"),
        npy_with_header("{" + " " * 20_000 + "}"),
        npy_bytes(np.zeros(8, np.float32))[:-1],
        npy_bytes(np.zeros(8, np.float32)) + b"x",
    ],
    ids=lambda body: body[10:40].decode("latin-1").strip(),
)
def test_a_broken_file_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBodyError) as refusal:
        decode_npy(body)
    assert refusal.value.field == "signal"


@given(st.binary(max_size=200), st.sampled_from([(1, 0), (2, 0), (3, 0)]))
def test_no_header_is_a_defect(noise: bytes, version: tuple[int, int]) -> None:
    with pytest.raises(PalierError):
        decode_npy(npy_with_header(noise.decode("latin-1"), b"", version))


@pytest.mark.parametrize("shape", [f"({10**12},)", f"({10**6}, {10**6})", f"({2**70},)"])
def test_a_promised_shape_takes_no_memory(shape: str) -> None:
    body = npy_with_header(header(shape=shape), bytes(64))
    tracemalloc.start()
    try:
        with pytest.raises(MalformedBodyError, match="promises"):
            decode_npy(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("shape", [(2, 2, 8), (2, 2, 2, 2), (1, 1, 1)])
def test_other_numbers_of_dimensions_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SignalShapeError) as refusal:
        decode_npy(npy_bytes(np.zeros(shape, np.float32)))
    assert refusal.value.field == "signal"


@pytest.mark.parametrize("shape", [(3, 8), (3, 2, 8)])
def test_a_batch_is_split_along_its_first_axis(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    recordings = decode_npy_batch(npy_bytes(array), MOST)
    assert len(recordings) == 3
    for recording, part in zip(recordings, array, strict=True):
        np.testing.assert_array_equal(recording.samples, np.atleast_2d(part))


@pytest.mark.parametrize("shape", [(8,), (1, 1, 1, 8)])
def test_a_batch_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SignalShapeError) as refusal:
        decode_npy_batch(npy_bytes(np.zeros(shape, np.float32)), MOST)
    assert refusal.value.field == "signals"


def test_an_empty_batch_body_is_empty() -> None:
    with pytest.raises(EmptyBodyError):
        decode_npy_batch(b"", MOST)


@pytest.mark.parametrize("shape", ["(100000000, 0)", "(0,)", "(0, 8)", "(3, 0)", "(100000000, 0, 0)"])
@pytest.mark.parametrize("decode", [decode_npy, lambda body: decode_npy_batch(body, MOST)], ids=["one", "batch"])
def test_a_shape_that_promises_no_bytes_is_refused_before_its_rows_are_made(
    decode: Callable[[bytes], object], shape: str
) -> None:
    """128 bytes of shape (100000000, 0) once took five gigabytes."""
    body = npy_with_header(header(shape=shape))
    refused = (SignalShapeError, BatchTooLargeError)
    if decode is decode_npy or shape != "(0, 8)":
        with pytest.raises(refused):
            decode(body)
    assert peak_bytes(lambda: decode(body)) < FIXED_BYTES


def test_a_batch_of_none_is_left_to_the_endpoint() -> None:
    assert decode_npy_batch(npy_bytes(np.zeros((0, 8), np.float32)), MOST) == []


@pytest.mark.parametrize("shape", [(MOST_CHANNELS + 1, 80), (20_000, 2_000)])
def test_channels_are_counted_before_anything_is_made_of_each(shape: tuple[int, int]) -> None:
    with pytest.raises(SignalShapeError, match=f"more than {MOST_CHANNELS} channels"):
        decode_npy(npy_bytes(np.zeros(shape, np.float32)))
    with pytest.raises(SignalShapeError, match=f"more than {MOST_CHANNELS} channels") as refusal:
        decode_npy_batch(npy_bytes(np.zeros((1, *shape), np.float32)), MOST)
    assert refusal.value.field == "signals"
    assert decode_npy(npy_bytes(np.zeros((MOST_CHANNELS, 80), np.float32))).samples.shape == (MOST_CHANNELS, 80)


def test_recordings_are_counted_before_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Float32Array] = []
    monkeypatch.setattr(npy, "as_recording", made.append)
    with pytest.raises(BatchTooLargeError, match="has 5 recordings; the limit is 4"):
        decode_npy_batch(npy_bytes(np.zeros((5, 8), np.float32)), MOST)
    assert made == []
    assert len(decode_npy_batch(npy_bytes(np.zeros((4, 8), np.float32)), MOST)) == len(made) == 4


LENGTHS = st.one_of(st.integers(0, 12), st.sampled_from([-1, True, 2**31, 2**62, 2**70, 10**20]))


@given(st.lists(LENGTHS, max_size=4), st.sampled_from(["<f2", "<f4", ">f8"]), st.booleans(), st.booleans())
def test_any_shape_takes_no_more_memory_than_its_bytes(
    shape: list[int], descr: str, fortran: bool, whole: bool
) -> None:
    """Whatever a header promises, what is made of it is as large as what follows it, or it is refused."""
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {tuple(shape)}, }}\n"
    promised = math.prod(shape) * int(descr[-1])
    body = npy_with_header(text, bytes(promised if whole and 0 <= promised < 100_000 else 64))
    for work in (partial(decode_npy, body), partial(decode_npy_batch, body, MOST)):
        assert peak_bytes(work) <= 8 * len(body) + FIXED_BYTES


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f2", "<f8"])
def test_memory_is_linear(dtype: str) -> None:
    bodies = npy_bytes(np.zeros(200_000, dtype)), npy_bytes(np.zeros(800_000, dtype))
    assert_linear_memory(decode_npy, bodies, most=2.1)


def test_samples_of_a_header_of_any_length_are_whole_floats() -> None:
    """A header that ends at an odd byte: the engine reads floats at multiples of four."""
    for padding in range(4):
        longer = header().replace("\n", " " * padding + "\n")
        samples = decode_npy(npy_with_header(longer, np.arange(8, dtype="<f4").tobytes())).samples
        assert samples.flags.aligned
        assert samples.tolist() == [list(range(8))]


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", "|u1"])
@pytest.mark.parametrize("shape", [(7,), (2, 5), (3, 2, 5), (0,), ()])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_header_as_numpy_writes_it_means_what_numpy_reads(
    dtype: str, shape: tuple[int, ...], order: Literal["C", "F"]
) -> None:
    body = npy_bytes(np.zeros(shape, dtype, order=order))
    is_plain = dtype != "|u1" and math.prod(shape) > 1
    assert npy._plain_header(body) == (npy._read_header(body) if is_plain else None)


@given(st.integers(8, 137), st.binary(min_size=1, max_size=2))
def test_a_header_that_was_changed_means_what_numpy_reads_or_is_left_to_it(at: int, changed: bytes) -> None:
    body = npy_bytes(np.zeros((2, 5), np.float32))
    broken = body[:at] + changed + body[at + len(changed) :]
    found = npy._plain_header(broken)
    assert found is None or found == npy._read_header(broken)

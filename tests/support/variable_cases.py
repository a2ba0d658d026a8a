"""Files of variables for the table of recordings: MATLAB files as data sets and programs leave them."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from tests.support.expected_recordings import expected, of_units, refused, times

# The shortest vector that is a signal; whole numbers keep the table small.
_LENGTH = 256
_HEADER = b"MATLAB 5.0 MAT-file, written for the table of recordings"
_HEADER_73 = b"MATLAB 7.3 MAT-file, written for the table of recordings"
Array = NDArray[np.float64]
Case = tuple[str, str, bytes, dict[str, Any], dict[str, Any]]


def _wave(factor: int) -> Array:
    return np.array([k * factor % 17 - 8 for k in range(_LENGTH)], np.float64)


P, Q = _wave(7), _wave(5)
_P, _Q = P.tolist(), Q.tolist()


def level5(variables: Mapping[str, Any], *, compressed: bool = True) -> bytes:
    """A MATLAB file of version 7, or of 6 where it is not compressed, without the time at which it was written."""
    stream = io.BytesIO()
    savemat(stream, dict(variables), do_compression=compressed)  # type: ignore[arg-type]
    content = bytearray(stream.getvalue())
    content[:116] = _HEADER.ljust(116)
    return bytes(content)


def hdf5(write: Any) -> bytes:
    """A MATLAB file of version 7.3: HDF5 behind a block of 512 bytes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.mat"
        with h5py.File(path, "w", userblock_size=512) as file:
            write(file)
        content = bytearray(path.read_bytes())
    content[:128] = _HEADER_73.ljust(116) + bytes(8) + b"\x00\x02IM"
    return bytes(content)


def one(name: str = "x", *, rate: float | None = None, unit: str | None = None) -> dict[str, Any]:
    """The expected recording of a file whose only signal has this path."""
    return expected(_P, rate=rate, names=(name,), unit=unit)


def turning(rpm: float, outcome: dict[str, Any]) -> dict[str, Any]:
    """An outcome whose file states the speed of the shaft."""
    outcome["expected"]["shaft_speed_rpm"] = rpm
    return outcome


def _cell(*values: Any) -> NDArray[np.object_]:
    cell = np.empty((1, len(values)), object)
    cell[0, :] = values
    return cell


Version5 = tuple[str, dict[str, Any], dict[str, Any]]


def matlab() -> Iterator[Case]:
    """Yield name, format, content, options and outcome of each."""
    for name, variables, outcome in (*_flat(), *_nested(), *_not_read()):
        yield name, "matlab", level5(variables), {}, outcome
    plain = {"s": {"c": _cell(P.astype(np.int8)), "fs": 12000}, "note": "a text"}
    random = level5({"x": np.random.default_rng(1).normal(size=512)})
    for name, content, outcome in (
        ("version 6", level5(plain, compressed=False), one("s.c", rate=12000)),
        ("7.3: vector", hdf5(_plain), one(rate=12000)),
        ("7.3: struct", hdf5(_struct), one("bearing.gs", rate=48828)),
        ("7.3: cell", hdf5(_references), expected(_P, _Q, names=("c(1)", "c(2)"))),
        ("7.3: attributes", hdf5(_attributes), one(rate=12000)),
        ("text", b"no MATLAB file " * 20, refused("malformed_body", "")),
        ("cut short", random[:3000], refused("malformed_body", "")),
    ):
        yield name, "matlab", content, {}, outcome


def _flat() -> Iterator[Version5]:
    yield "vector", {"x": P}, one()
    yield "column", {"x": P[:, None]}, one()
    yield "integers stand for themselves", {"x": P.astype(np.int16)}, one()
    beside = {"x": P, "fs": 12000, "XRPM": 1797, "note": "a text"}
    yield "rate and speed beside", beside, turning(1797, one(rate=12000))
    yield "two vectors", {"DE": P, "FE": Q}, expected(_P, _Q, names=("DE", "FE"))
    yield "matrix, channels along its short side", {"x": np.stack([P, Q]).T}, expected(_P, _Q)
    yield "rate as text", {"x": P, "SamplingRate": "25.6 kHz"}, one(rate=25600)
    yield "period", {"x": P, "dt": 1 / 4096}, one(rate=4096)
    yield "time beside", {"x": P, "t": np.arange(_LENGTH) / 2000}, one(rate=2000)
    yield "time in milliseconds", {"x": P, "t_ms": np.arange(_LENGTH) / 8}, one(rate=8000)
    beside = {"data": np.stack([np.arange(_LENGTH) / 2000, P, Q])}
    yield "time in the matrix", beside, expected(_P, _Q, rate=2000, names=("1", "2"))
    yield "time of no clear unit", {"x": P, "t": np.arange(_LENGTH) / 8}, one()
    units = {"ts": {"Data": P, "TimeInfo": {"Units": "seconds"}, "DataInfo": {"Units": "m/s^2"}}}
    yield "unit beside that of time", units, one("ts.Data", unit="m/s2")
    of_each = {"a": {"v": P, "unit": "g"}, "b": {"v": Q, "unit": "Volt"}}
    yield "units of each", of_each, of_units(["g", "Volt"], expected(_P, _Q, names=("a.v", "b.v")))
    yield (
        "unit that is a multiple of a served one",
        {"x": P, "unit": "mg"},
        expected(times(_P, 1e-3), names=("x",), unit="g"),
    )
    yield "counts beside", {"x": P, "n": np.arange(1.0, _LENGTH + 1)}, one()


def _nested() -> Iterator[Version5]:
    struct = {"bearing": {"gs": P, "sr": 48828, "rate": 25, "load": 270}}
    yield "struct", struct, turning(1500, one("bearing.gs", rate=48828))
    deep = {"Signal": {"x": {"increment": 1 / 25600}, "y": {"values": {"values": P[:, None]}}}}
    yield "nested structs", deep, one("Signal.y.values.values", rate=25600)
    names = ("rec.Y.force.Data", "rec.Y.vibration.Data")
    rec = {"rec": {"Y": _named(("force", Q), ("vibration", P))}}
    yield "structs, each with its name", rec, expected(_Q, _P, names=names)
    yield "structs by number", {"data": _structs(P, Q)}, expected(_P, _Q, names=("data(1).x", "data(2).x"))
    yield "cell of one", {"c": _cell(P)}, one("c")
    yield "cell of two", {"c": _cell(P, Q)}, expected(_P, _Q, names=("c{1}", "c{2}"))
    yield "cell in a struct", {"s": {"c": _cell(P), "fs": 12000}}, one("s.c", rate=12000)


def _not_read() -> Iterator[Version5]:
    yield "two lengths", {"a": P, "b": np.tile(Q, 2)}, refused("signal_shape", "Choose one of several signals")
    yield "two rates", {"x": P, "fs": 12000, "sr": 48000}, refused("sample_rate_contradicts", "several sample rates")
    yield "time alone", {"t": np.arange(_LENGTH) / 2000}, refused("signal_shape", "vectors of time alone")
    yield "short", {"x": P[:-1]}, refused("signal_shape", "no vector of 256 samples or more")
    yield "rate of nothing", {"x": P, "fs": np.nan}, refused("sample_rate_out_of_range", "rate is nan")


def _structs(*values: Array) -> NDArray[Any]:
    return np.array([[(value,) for value in values]], [("x", object)])


def _named(*named: tuple[str, Array]) -> NDArray[Any]:
    return np.array([list(named)], [("Name", object), ("Data", object)])


def _plain(file: h5py.File) -> None:
    file.create_dataset("x", data=P[None, :], compression="gzip", chunks=(1, 64))
    file["fs"] = np.array([[12000.0]])


def _struct(file: h5py.File) -> None:
    file["bearing/gs"], file["bearing/sr"] = P[None, :], np.array([[48828.0]])
    note = file.create_dataset("bearing/note", data=np.array([[ord(letter)] for letter in "a text"], np.uint16))
    note.attrs["MATLAB_class"] = np.bytes_("char")


def _references(file: h5py.File) -> None:
    file["#refs#/a"], file["#refs#/b"] = P[None, :], Q[None, :]
    references = [[file["#refs#/a"].ref], [file["#refs#/b"].ref]]
    file.create_dataset("c", data=np.array(references, h5py.ref_dtype), dtype=h5py.ref_dtype)


def _attributes(file: h5py.File) -> None:
    file["x"] = P[None, :]
    file["x"].attrs["fs"] = 12000.0

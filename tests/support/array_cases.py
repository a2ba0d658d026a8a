"""Cases of arrays, raw samples and sounds of the table of recordings."""

import json
import pickle
import struct
from typing import Any

import numpy as np

from tests.support.expected_recordings import MILLI, RATE, ROWS, X, Y, expected, refused, table
from tests.support.recordings import npy_bytes, wav_bytes

# Name, name of the format, content, options, and what must come of it.
ArrayCase = tuple[str, str, bytes | str, dict[str, Any], dict[str, Any]]


def wav_of(data: bytes, size: int, kind: bytes = b"RIFF", rate: int = RATE) -> bytes:
    """A WAV of int16 whose header states a size."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    long = (
        struct.pack("<4sIQQQI", b"ds64", 28, 72 + len(data), len(data), len(data) // 2, 0) if kind != b"RIFF" else b""
    )
    body = b"WAVE" + long + form + struct.pack("<4sI", b"data", size) + data
    return kind + struct.pack("<I", 0xFFFFFFFF if long else len(body) if size else 0) + body


SAMPLES = np.array(X)
COUNTS = np.round(SAMPLES * 30000).astype("<i2")
HALVES = [float(count) / 32768 * 4 for count in COUNTS]
DATA = COUNTS.tobytes()
SOUND = expected(HALVES, rate=RATE)
SCALE = {"full_scale": 4}
BODY = json.dumps({"signal": X}).encode()
# A version, the place of the data, a comment, reserved texts, a channel, and its samples.
CATMAN = struct.pack("<hih4s", 5011, 90, 4, b"test") + bytes(64) + struct.pack("<hi", 1, ROWS) + DATA
PAIR = np.array([X * 2, Y * 2], "f8")

RAW: tuple[ArrayCase, ...] = (
    ("float32", "raw", SAMPLES.astype("<f4").tobytes(), {}, expected(X)),
    ("float64", "raw", SAMPLES.astype("<f8").tobytes(), {"sample_format": "float64"}, expected(X)),
    ("int16", "raw", DATA, SCALE | {"sample_format": "int16"}, expected(HALVES)),
    ("int16 big-endian", "raw", COUNTS.astype(">i2").tobytes(), SCALE | {"sample_format": "int16be"}, expected(HALVES)),
    (
        "int32",
        "raw",
        (COUNTS.astype("<i4") * 65536).tobytes(),
        SCALE | {"sample_format": "int32"},
        expected(HALVES),
    ),
    ("int16 as float32", "raw", DATA, {}, refused("malformed_body", "sample_format")),
    ("big-endian as little", "raw", SAMPLES.astype(">f4").tobytes(), {}, refused("malformed_body", "float32be")),
    ("text as raw samples", "raw", table(X).encode(), {}, refused("malformed_body", "text/csv")),
    (
        "JSON as raw samples",
        "raw",
        json.dumps({"signal": X}).encode(),
        {},
        refused("malformed_body", "application/json"),
    ),
    ("npy as raw samples", "raw", npy_bytes(SAMPLES), {}, refused("malformed_body", "application/x-npy")),
    ("WAV as raw samples", "raw", wav_of(DATA, 2 * ROWS), {}, refused("malformed_body", "audio/wav")),
    ("gzip as raw samples", "raw", b"\x1f\x8b\x08\x00" + bytes(60), {}, refused("malformed_body", "gzip")),
    ("zip as raw samples", "raw", b"PK\x03\x04" + bytes(60), {}, refused("malformed_body", "zip")),
    ("a pickle as raw samples", "raw", pickle.dumps(X), {}, refused("malformed_body", "numpy.save")),
    ("Arrow as raw samples", "raw", b"ARROW1\0\0" + bytes(56), {}, refused("malformed_body", "Arrow")),
    ("catman as raw samples", "raw", CATMAN, {}, refused("malformed_body", "catman")),
    ("FAMOS as raw samples", "raw", b"|CF,2,1,1;|CK,1,3,1,1;" + bytes(58), {}, refused("malformed_body", "imc FAMOS")),
    ("MATLAB as raw samples", "raw", b"MATLAB 5.0 MAT-file" + bytes(109), {}, refused("malformed_body", "MATLAB")),
)
ARRAYS: tuple[ArrayCase, ...] = (
    ("[N]", "npy", npy_bytes(SAMPLES.astype("f4")), {}, expected(X)),
    ("[N, 1]", "npy", npy_bytes(SAMPLES.astype("f4")[:, None]), {}, expected(X)),
    ("[C, N]", "npy", npy_bytes(np.array([X, Y], "f4")), {}, expected(X, Y)),
    ("[N, C]", "npy", npy_bytes(np.ascontiguousarray(PAIR.T)), {}, expected(X * 2, Y * 2)),
    ("[N, C] in Fortran's order", "npy", npy_bytes(PAIR.T), {}, expected(X * 2, Y * 2)),
    ("[1, 1, N]", "npy", npy_bytes(SAMPLES[None, None]), {}, expected(X)),
    ("[C, N] with times", "npy", npy_bytes(np.array([MILLI, X], "f4")), {}, expected(X, rate=1000, names=("1",))),
    ("[C, N] with counts", "npy", npy_bytes(np.array([X, range(ROWS)])), {}, expected(X, names=("0",))),
    ("integers", "npy", npy_bytes(COUNTS), SCALE, expected(HALVES)),
    ("integers without full scale", "npy", npy_bytes(COUNTS), {}, refused("signal_dtype", "full_scale")),
    ("JSON of [N, 1]", "json", json.dumps({"signal": [[v] for v in X]}), {}, expected(X)),
    ("JSON with times", "json", json.dumps({"signal": [X, MILLI, Y]}), {}, expected(X, Y, rate=1000, names=("0", "2"))),
    ("a list as JSON", "json", json.dumps(X), {}, refused("malformed_body", '{"signal": [...]}')),
    ("text as JSON", "json", table(X), {}, refused("malformed_body", "text/csv")),
    ("npy as JSON", "json", npy_bytes(SAMPLES), {}, refused("malformed_body", "application/x-npy")),
)
SOUNDS: tuple[ArrayCase, ...] = (
    ("WAV", "wav", wav_of(DATA, len(DATA)), SCALE, SOUND),
    ("data size 0", "wav", wav_of(DATA, 0), SCALE, SOUND),
    ("data size unknown", "wav", wav_of(DATA, 0xFFFFFFFF), SCALE, SOUND),
    ("RF64", "wav", wav_of(DATA, 0xFFFFFFFF, b"RF64"), SCALE, SOUND),
    ("BW64", "wav", wav_of(DATA, 0xFFFFFFFF, b"BW64"), SCALE, SOUND),
    ("cut WAV", "wav", wav_of(DATA, 1000), SCALE, SOUND),
    ("FLAC", "flac", wav_bytes(COUNTS, RATE, "PCM_16", format="FLAC"), SCALE, SOUND),
)

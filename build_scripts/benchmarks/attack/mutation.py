"""Seeds and their mutations: the same random numbers make the same bytes."""

import json
import random
import re
import struct
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

# Larger cases are slower without finding more: limits of sizes have tests of their own.
LONGEST_CASE_BYTES = 128 * 1024
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_NUMBERS = (
    b"0",
    b"-1",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"Infinity",
    b"1e-320",
    b"4294967296",
    b"0.1",
    b"9" * 5000,
    b"1" * 40,
)
_TOKENS = (
    *(b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b'"\\ud800"', b"\r\n", b"\n\n", b",,", b";", b"\t", b"[", b"]", b"{}"),
    *(b"null", b"true", b'"', b"\\", b"%00", b"%ff", b"..%2f", b"&", b"?", b"#", b"nan", b"RIFF", b"data", b"fmt "),
    *(b"LIST", b"(0, 5)", b"'descr': '|O'", b"\x93NUMPY", b"\x1f\x8b\x08\x00", b"time_s", b"1,5", "é".encode()),
    *(b"\xf0\x9f\x98\x80", b"/../", b"e", b"-", b"\x1b[31m"),
)
_LENGTHS = (0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
# Also lengths of eight bytes: .npy has none, .mat and HDF5 do.
_LONG_LENGTHS = (2**40, 2**63 - 1, 2**63, 2**64 - 1)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, 2**31, 2**63, 2**64, 10**400, float("nan"), float("inf")),
    *("", "a", "0", "\ud800", "\x00", "é", "x" * 300, "1e999", "../..", "\r\nx: y", "=1+1", "9" * 5000),
    *([], {}, [[]], [{}], [None], [1, 2, 3], [[1], [2]], {"a": 1}, [1, [2]], ["1"]),
)

Mutate = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutate_bytes(rng: random.Random, seed: bytes, others: Sequence[bytes]) -> bytes:
    """Return a seed changed in one to six places.

    Args:
        rng: decides everything.
        seed: what is changed.
        others: seeds that parts are taken from.
    """
    case = seed
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        case = rng.choice(_CHANGES)(rng, case, others)[:LONGEST_CASE_BYTES]
    return case


def mutate_json(rng: random.Random, seed: bytes, others: Sequence[bytes]) -> bytes:
    """Return JSON text with one to four of its members replaced, left out, doubled or renamed; else as mutate_bytes."""
    try:
        document = json.loads(seed)
    except (ValueError, RecursionError):
        return mutate_bytes(rng, seed, others)
    if not isinstance(document, dict | list):
        return mutate_bytes(rng, seed, others)
    for _ in range(rng.choice((1, 1, 2, 4))):
        change_member(rng, document)
    return json.dumps(document).encode()


def change_member(rng: random.Random, document: Any) -> None:
    """Change a member somewhere in a JSON object or list, in place."""
    place = document
    while isinstance(place, dict | list) and place:
        key = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
        inner = place[key]
        if not (isinstance(inner, dict | list) and inner and rng.random() < 0.7):
            _change(rng, place, key)
            return
        place = inner


def _change(rng: random.Random, place: Any, key: Any) -> None:
    what = rng.randrange(5)
    if what == 0:
        del place[key]
    elif what == 1 and isinstance(place, dict):
        place[rng.choice(("", "a", "\ud800", f"{key} ", "signal", "inputs", "parameters"))] = deepcopy(place[key])
    elif what == 1:
        place.insert(key, deepcopy(place[key]))
    else:
        # A copy: what is put in may be changed in its turn.
        place[key] = deepcopy(rng.choice(_VALUES))


def _flip_bits(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    changed = bytearray(case)
    for _ in range(rng.choice((1, 2, 8)) if case else 0):
        changed[_place(rng, case)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _truncate(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    return case[: _place(rng, case)]


def _remove(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    start = _place(rng, case)
    return case[:start] + case[start + rng.choice((1, 2, 4, 16, 256)) :]


def _repeat(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    start = _place(rng, case)
    part = case[start : start + rng.choice((1, 1, 2, 8, 64))]
    return case[:start] + part * rng.choice((2, 3, 50, 2000)) + case[start:]


def _insert(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    start = _place(rng, case)
    return case[:start] + rng.choice(_TOKENS) * rng.choice((1, 1, 1, 20)) + case[start + rng.choice((0, 0, 1, 8)) :]


def _splice(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others) if others else case
    start = _place(rng, other)
    return case[: _place(rng, case)] + other[start : start + rng.choice((4, 64, 4096, len(other)))]


def _change_number(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    start = _place(rng, case)
    found = _NUMBER.search(case, start, start + 4096) or _NUMBER.search(case, 0, 4096)
    return case[: found.start()] + rng.choice(_NUMBERS) + case[found.end() :] if found else case


def _change_length(rng: random.Random, case: bytes, others: Sequence[bytes]) -> bytes:
    layout = rng.choice(("<H", "<I", "<I", "<Q", ">I"))
    length = struct.calcsize(layout)
    value = rng.choice(_LENGTHS + _LONG_LENGTHS) & (1 << 8 * length) - 1
    start = _place(rng, case)
    return case[:start] + struct.pack(layout, value) + case[start + length :]


def _place(rng: random.Random, case: bytes) -> int:
    """Return a place in a case, every second time in its first bytes: there formats have their marks."""
    if not case:
        return 0
    return rng.randrange(min(len(case), 160) if rng.random() < 0.5 else len(case))


_CHANGES: tuple[Mutate, ...] = (
    *(_flip_bits, _truncate, _remove, _repeat, _insert, _splice, _change_number, _change_number, _change_length),
)

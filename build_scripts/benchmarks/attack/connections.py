"""Connections that send little, slowly or never, on loopback; beside them the server must answer others."""

import asyncio
import contextlib
import socket
import struct
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from build_scripts.measuring.process_memory import memory_mb

_HEAD = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
# By kind: what is sent at once, and what drips after it, twice a second.
_KINDS = {
    "silent": (b"", b""),
    "half a head": (_HEAD, b""),
    "a dripping head": (_HEAD + b"X-Slow: ", b"x"),
    "half a body": (_HEAD + b"Content-Length: 8192\r\n\r\n" + bytes(64), b""),
    "a dripping body": (_HEAD + b"Content-Length: 8192\r\n\r\n", b"\0"),
    "a head of a megabyte": (_HEAD + b"X-Long: " + b"x" * 1_000_000, b""),
    "answers that nobody reads": (b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 16, b""),
}
# Must be closed by the server itself within the time that a head may take.
_CLOSED_SOON = ("silent", "half a head", "a dripping head", "a head of a megabyte")
_OF_EACH = 40
_RESETS = 200
_ASKED_EVERY_S, _DRIPS_EVERY_S = 0.2, 0.5
_HANG_S = 2.0


@dataclass
class Held:
    """The observations while the connections were held."""

    connections: int = 0
    left_open: int = 0
    asked: int = 0
    errors: int = 0
    hangs: int = 0
    slowest_s: float = 0.0
    growth_mb: float = 0.0


def hold_connections(url: str, pid: int, seconds: float) -> dict[str, float]:
    """Hold slow and half-open connections to a server for some seconds, and ask /health all the while.

    Args:
        url: of a server on loopback.
        pid: its process.
        seconds: longer than a head may take.
    """
    before_mb = memory_mb(pid)[0]
    address = urlsplit(url)
    held = asyncio.run(_hold((address.hostname or "127.0.0.1", address.port or 80), seconds))
    time.sleep(1)
    return {
        "cases": held.connections,
        "left_open": held.left_open,
        "answers": held.asked,
        "server_errors": held.errors,
        "hangs": held.hangs,
        "slowest_s": held.slowest_s,
        "growth_mb": memory_mb(pid)[0] - before_mb,
    }


async def _hold(address: tuple[str, int], seconds: float) -> Held:
    held, until = Held(), time.monotonic() + seconds
    attackers = [asyncio.create_task(_attack(address, kind, until, held)) for kind in _KINDS for _ in range(_OF_EACH)]
    for _ in range(_RESETS):
        await _reset(address)
    held.connections = len(attackers) + _RESETS
    while not held.asked or time.monotonic() < until:
        await _ask(address, held)
        await asyncio.sleep(_ASKED_EVERY_S)
    await asyncio.gather(*attackers)
    return held


async def _attack(address: tuple[str, int], kind: str, until: float, held: Held) -> None:
    at_once, drip = _KINDS[kind]
    reader, writer = await asyncio.open_connection(*address)
    closed = False
    with contextlib.suppress(OSError):
        writer.write(at_once)
        while not closed and time.monotonic() < until:
            await asyncio.sleep(_DRIPS_EVERY_S)
            writer.write(drip)
            # Nobody reads; StreamReader takes 128 kB and then lets the rest wait at the server.
            closed = reader.at_eof() or reader.exception() is not None or writer.is_closing()
            if kind in _CLOSED_SOON and not closed:
                closed = await _is_closed(reader)
    held.left_open += kind in _CLOSED_SOON and time.monotonic() >= until and not closed
    writer.transport.abort()


async def _is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.01):
            while await reader.read(65536):
                pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


async def _reset(address: tuple[str, int]) -> None:
    _, writer = await asyncio.open_connection(*address)
    writer.write(_HEAD)
    # Closed with a reset: linger for no time.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _ask(address: tuple[str, int], held: Held) -> None:
    began, line = time.monotonic(), b""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(30):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            line = await reader.readline()
            await reader.read()
            writer.close()
    took_s = time.monotonic() - began
    held.asked += 1
    held.errors += b" 200 " not in line
    held.hangs += took_s > _HANG_S
    held.slowest_s = max(held.slowest_s, took_s)

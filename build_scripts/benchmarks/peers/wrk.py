"""wrk with a script in Lua: one request again and again from many connections, its answers counted by status."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from build_scripts.errors import BuildError

_SCRIPT = """
local file = assert(io.open(os.getenv("WRK_BODY"), "rb"))
wrk.method, wrk.body = "POST", file:read("*a")
file:close()
for line in io.lines(os.getenv("WRK_HEADERS")) do
  local name, value = line:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() answered, refused, failed = 0, 0, 0 end
function response(status)
  if status == 200 then answered = answered + 1
  elseif status == 429 or status == 503 then refused = refused + 1
  else failed = failed + 1 end
end
function done(summary, latency)
  local sums = {answered = 0, refused = 0, failed = 0}
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
  end
  local errors = summary.errors
  io.stdout:write(string.format('\\nWRK {"seconds": %f, "answered": %d, "refused": %d, "failed": %d, "broken": %d, ' ..
    '"p50_ms": %f, "p95_ms": %f, "p99_ms": %f}\\n', summary.duration / 1e6, sums.answered, sums.refused, sums.failed,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class Hits:
    """The figures of a load.

    Args:
        per_second: answers of 200.
        refused: answers of 429 and 503; `failed`: of any other status, and connections that broke.
        p50_ms, p95_ms, p99_ms: latency of all answers, refusals too.
    """

    per_second: float
    refused: int
    failed: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


def hit(url: str, headers: Mapping[str, str], body: bytes, connections: int, seconds: float) -> Hits:
    """Send a request from so many connections for so long, each the next when the last is answered.

    Raises:
        BuildError: wrk is not installed, or prints no figures.
    """
    program = shutil.which("wrk")
    if program is None:
        raise BuildError("The servers are compared by wrk, which is not installed; on Debian: apt install wrk")
    with tempfile.TemporaryDirectory(prefix="palier-wrk-") as name:
        folder = Path(name)
        (folder / "body").write_bytes(body)
        (folder / "headers").write_text("".join(f"{one}: {value}\n" for one, value in headers.items()))
        (folder / "load.lua").write_text(_SCRIPT)
        command = [program, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", "load.lua", url]
        done = subprocess.run(
            command,
            cwd=folder,
            env={"WRK_BODY": str(folder / "body"), "WRK_HEADERS": str(folder / "headers")},
            capture_output=True,
            text=True,
            timeout=seconds + 120,
            check=False,
        )
    return read_hits(done.stdout, urlsplit(url).path)


def read_hits(printed: str, what: str) -> Hits:
    """Return the figures of a load that wrk has printed.

    Raises:
        BuildError: there is no line of the script.
    """
    line = next((one for one in printed.splitlines() if one.startswith("WRK ")), None)
    if line is None:
        raise BuildError(f"wrk has measured nothing of {what}: {printed.strip()[-200:]}")
    found = json.loads(line.removeprefix("WRK "))
    return Hits(
        found["answered"] / found["seconds"],
        found["refused"],
        found["failed"] + found["broken"],
        found["p50_ms"],
        found["p95_ms"],
        found["p99_ms"],
    )

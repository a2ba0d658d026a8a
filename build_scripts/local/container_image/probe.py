"""The program inside the image, for its Python alone: it starts the server as declared, and prints a report in JSON.

Its argument is a JSON object: `start` and `health`, the commands that the image declares.
"""

import json
import math
import os
import signal
import struct
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

HEALTHY_WITHIN_S, ENDED_WITHIN_S = 120.0, 30.0
# Folders that must not be writable: the root, the code, a home, and what other images leave open.
CLOSED = ("/", "/opt/palier", "/opt/palier/app", "/etc", "/usr", "/var", "/root", "/home")
WINDOW = struct.pack("<20480f", *(math.sin(n * 0.1) for n in range(20480)))


def main() -> None:
    """Print the report."""
    commands = json.loads(sys.argv[1])
    before = subprocess.run(commands["health"], capture_output=True, check=False).returncode
    begun = time.monotonic()
    server = subprocess.Popen(commands["start"], stdout=subprocess.DEVNULL)
    report = {"user": [os.getuid(), os.getgid()], "health_before": before, "health": _wait(commands["health"], server)}
    report |= {"healthy_after_s": round(time.monotonic() - begun, 1), "answer": _diagnose(), "written": _written()}
    begun = time.monotonic()
    server.send_signal(signal.SIGTERM)
    report |= {"ended": server.wait(ENDED_WITHIN_S), "ended_after_s": round(time.monotonic() - begun, 1)}
    sys.stdout.write(json.dumps(report | {"python": _python_packages(), "debian": _debian_packages()}) + "\n")


def _wait(health: list[str], server: "subprocess.Popen[bytes]") -> int:
    until = time.monotonic() + HEALTHY_WITHIN_S
    while True:
        status = subprocess.run(health, capture_output=True, check=False).returncode
        if status == 0 or server.poll() is not None or time.monotonic() > until:
            return status
        time.sleep(0.2)


def _diagnose() -> dict[str, Any]:
    url = "http://127.0.0.1:8080/predict?model=journal-bearing"
    request = urllib.request.Request(url, WINDOW, {"Content-Type": "application/octet-stream"})
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - of this machine
        content = json.load(answer)
    return {"status": answer.status, "class_id": content["class_id"], "precision": content["model"]["precision"]}


def _written() -> list[str]:
    """Return the folders that take a file."""
    taken = []
    for folder in CLOSED:
        try:
            (Path(folder) / "probe").write_text("")
        except OSError:
            continue
        taken.append(folder)
    return taken


def _python_packages() -> list[list[str]]:
    return sorted([one.metadata["Name"], one.version] for one in distributions())


def _debian_packages() -> list[list[str]]:
    found = []
    for block in Path("/var/lib/dpkg/status").read_text().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(" "))
        if "Package" in fields:
            found.append([fields["Package"], fields["Version"], fields["Architecture"]])
    return sorted(found)


if __name__ == "__main__":
    main()

"""The program inside the namespaces: mounts, limits, the Runtime API, and the runtime as an unprivileged child.

It is started by `sandbox.py`, reads one JSON configuration line and then one line for each invocation from standard
input, and writes one JSON line for each thing that happens to standard output.
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from build_scripts.local.lambda_sandbox.groups import ControlGroups
from build_scripts.local.lambda_sandbox.runtime_api import RuntimeAct, RuntimeApi

UID, GID = 993, 990
DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9)}
TMP_BYTES = 512 * 1024 * 1024


def mount(*arguments: str) -> None:
    """Mount, or end the supervisor."""
    subprocess.run(["mount", *arguments], check=True)


def build_root(root: Path, places: dict[str, str]) -> None:
    """Put the read-only root together: code, layers and runtime client in their places, a /tmp and four devices."""
    mount("--make-rprivate", "/")
    mount("-t", "proc", "proc", "/proc")
    mount("--bind", places["root"], str(root))
    mount("-t", "tmpfs", "-o", f"size={TMP_BYTES},mode=1777", "tmpfs", str(root / "tmp"))
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(root / "dev"))
    for name, numbers in DEVICES.items():
        os.mknod(root / "dev" / name, 0o020666, os.makedev(*numbers))
        (root / "dev" / name).chmod(0o666)
    for target in ("var/task", "var/runtime", "opt"):
        mount("--bind", places[target], str(root / target))
        mount("-o", "remount,ro,bind", str(root / target))
    mount("-t", "proc", "proc", str(root / "proc"))
    mount("-o", "remount,ro,bind", str(root))


def start_runtime(root: Path, groups: ControlGroups, config: dict[str, Any], port: int) -> subprocess.Popen[bytes]:
    """Start the runtime client in the root, in the groups, as Lambda's user."""

    def enter() -> None:
        groups.enter()
        os.chroot(root)
        os.chdir("/var/task")
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
        os.setgroups([])
        os.setgid(GID)
        os.setuid(UID)

    command = ["/usr/bin/python3.13", *config["command"]]
    environment = config["environment"] | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
    return subprocess.Popen(command, env=environment, stdout=sys.stderr, preexec_fn=enter)  # noqa: PLW1509 - one thread


def peak_mb(groups: ControlGroups, process: int) -> float:
    """Return the most memory in use so far, in MB: of the control group or resident in the process, the larger.

    The group does not count pages of libraries that another process has read before.
    """
    lines: list[str] = []
    # A process that has ended has none, or loses it while it is read.
    with suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    resident = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")]
    return max([groups.peak_mb(), *resident])


def write_line(act: dict[str, Any]) -> None:
    """Write a line for the sandbox."""
    sys.stdout.write(json.dumps(act) + "\n")
    sys.stdout.flush()


def restore(api: RuntimeApi, timeout_s: float) -> RuntimeAct:
    """Wait until the sandbox asks for it, then let the function go on as if from a snapshot."""
    sys.stdin.readline()
    begun = time.perf_counter()
    api.restored.set()
    first = api.wait(timeout_s)
    write_line({"type": first.kind, "restore_ms": (time.perf_counter() - begun) * 1e3} | first.content)
    return first


def main() -> None:
    """Run until standard input ends."""
    config = json.loads(sys.stdin.readline())
    root = Path(config["mount_point"])
    build_root(root, config["places"])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    groups = ControlGroups(config["name"])
    groups.make(config["memory_mb"], config["cpu_share"])
    api = RuntimeApi(config["arn"])
    started = time.perf_counter()
    child = start_runtime(root, groups, config, api.port)
    threading.Thread(target=lambda: api.acts.put(RuntimeAct("exit", {"status": child.wait()})), daemon=True).start()
    first = api.wait(config["init_timeout_s"])
    write_line({"type": first.kind, "init_ms": (time.perf_counter() - started) * 1e3} | first.content)
    if first.kind == "snapshot":
        first = restore(api, config["init_timeout_s"])
    for line in sys.stdin if first.kind == "next" else ():
        request = json.loads(line)
        begun = time.perf_counter()
        api.invoke(request["event"], request["timeout_s"])
        answer = api.wait(request["timeout_s"])
        spent = (time.perf_counter() - begun) * 1e3
        write_line(
            {"type": answer.kind, "duration_ms": spent, "max_memory_mb": peak_mb(groups, child.pid)} | answer.content
        )
        if answer.kind in {"timeout", "exit"}:
            break
        api.wait(request["timeout_s"])
    child.kill()


if __name__ == "__main__":
    main()

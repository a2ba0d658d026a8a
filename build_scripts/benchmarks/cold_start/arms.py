"""The arms of the benchmark: Palier from the bundle, and beside it Python alone and the handlers of others."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from build_scripts.local.lambda_sandbox.places import NotHereError, Places, make_places
from build_scripts.local.lambda_sandbox.sandbox import Function

HANDLERS = Path(__file__).resolve().parents[1] / "peers" / "lambda_handlers"
LOCK = HANDLERS / "requirements.txt"
# Two processors, as many as AWS shows to a function of this size.
FULL_MB = 2 * 1769
_OPEN = {"PALIER_API_KEYS_REQUIRED": "false"}
# The same recording through the other doors of AWS, by the names of their events.
_DOORS = {
    "through_http_api": "Palier, through an HTTP API",
    "through_function_url": "Palier, through a function URL",
    "through_load_balancer": "Palier, through a load balancer",
}
_PYTHON = "/usr/bin/python3.13"
_INIT_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Arm:
    """A function that is started again and again, and its first event.

    `answers` is False for Python alone, which ends at once.

    A start has more time than on Lambda: what is slow on a busy machine is measured, not left out.
    """

    label: str
    places: Places
    function: Function
    answers: bool = True
    event: str = "diagnose_float32"

    def __post_init__(self) -> None:
        """Give the function its time."""
        object.__setattr__(self, "function", replace(self.function, init_timeout_s=_INIT_TIMEOUT_S))

    def at(self, memory_mb: int) -> "Arm":
        """Return the same at another memory size, and so at another share of the processors."""
        return replace(self, function=replace(self.function, memory_mb=memory_mb))


def make_arms(work: Path) -> dict[str, Arm]:
    """Return the arms by name, in the order they are started in.

    Args:
        work: folder for what the other handlers need; kept for the next time.

    Raises:
        NotHereError: the local Lambda cannot be had here, or packages cannot be downloaded.
    """
    places = make_places()
    palier = Function(memory_mb=FULL_MB, environment=_OPEN)
    usual = _usual_places(places, work / "usual")
    return {
        "python": Arm("`python -c pass`", places, Function(memory_mb=FULL_MB, command=("-c", "pass")), answers=False),
        "trivial": _peer("trivial", "a handler that answers at once", places, work),
        "bare_engine": _peer("bare_engine", "bare onnxruntime, on Palier's layer", places, work),
        "palier": Arm("Palier", places, palier),
        **{name: Arm(label, places, palier, event=name) for name, label in _DOORS.items()},
        "palier_again": Arm("Palier, again: what differs is noise", places, palier),
        "fastapi_compiled": _peer(
            "fastapi_mangum", "FastAPI, Mangum, onnxruntime; compiled beforehand", _compiled(usual, work), work
        ),
        "fastapi": _peer("fastapi_mangum", "FastAPI, Mangum, onnxruntime; as pip installs it", usual, work),
    }


def _peer(name: str, label: str, places: Places, work: Path) -> Arm:
    task = work / "task"
    shutil.rmtree(task / name, ignore_errors=True)
    (task / name).mkdir(parents=True)
    shutil.copyfile(HANDLERS / f"{name}.py", task / name / f"{name}.py")
    function = Function(handler=f"{name}.handler", memory_mb=FULL_MB, environment={"OPENBLAS_NUM_THREADS": "1"})
    return Arm(label, replace(places, task=task / name), function)


def _usual_places(places: Places, folder: Path) -> Places:
    """Return places whose layer is what pip installs, uncompiled as in an archive, beside the same models."""
    if not (folder / "models").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _install(folder / "python")
        shutil.copytree(places.opt / "models", folder / "models")
    return replace(places, opt=folder)


def _compiled(usual: Places, work: Path) -> Places:
    """Return the same places, compiled by the Python that runs them."""
    folder = work / "usual-compiled"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(usual.opt, part)
        _compile(usual.root, part)
        part.rename(folder)
    return replace(usual, opt=folder)


def _compile(root: Path, folder: Path) -> None:
    """Compile a folder in the sandbox's root; a hash decides whether it is up to date, as it is moved afterwards."""
    inside = root / "tmp" / folder.name
    shutil.move(folder, inside)
    try:
        options = ["-q", "-s", str(folder.name), "--invalidation-mode", "unchecked-hash"]
        command = ["chroot", str(root), _PYTHON, "-m", "compileall", *options, f"/tmp/{folder.name}"]  # noqa: S108 - its own
        subprocess.run(command, check=True, timeout=600, stdout=subprocess.DEVNULL)
    finally:
        shutil.move(inside, folder)


def _install(target: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--system-certs",
        "--no-deps",
        "--target",
        str(target),
    ]
    wheels = ["--python-version", "3.13", "--python-platform", "x86_64-manylinux_2_28", "--only-binary", ":all:"]
    locked = ["--require-hashes", "-r", str(LOCK)]
    done = subprocess.run([*command, *wheels, *locked], capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise NotHereError(f"the usual recipe cannot be installed: {done.stderr.strip().splitlines()[-1:]}")


def labels(arms: Mapping[str, Arm]) -> dict[str, str]:
    """Return the labels of the arms in a table."""
    return {name: arm.label for name, arm in arms.items()}

"""The bundle for arm64 under qemu-user: right for what it computes, meaningless for how fast."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from build_scripts.evidence.other_processors.arm64 import CPU_INFO
from build_scripts.local.lambda_sandbox.places import BUILD, CACHE, NotHereError, make_root, unpacked

SCRIPT = Path(__file__).with_name("invoke_here.py")
# AWS Graviton2.
PROCESSOR = "neoverse-n1"


def invoke_on_arm64(events: Sequence[Path], variables: dict[str, str]) -> list[dict[str, Any]]:
    """Invoke the inference handler of the bundle with event files, and return its answers.

    Raises:
        NotHereError: no qemu-user, no mmdebstrap or no bundle for arm64.
    """
    qemu = shutil.which("qemu-aarch64")
    if qemu is None:
        raise NotHereError("qemu-aarch64 is not installed: apt install qemu-user")
    archives = [BUILD / "layers" / f"{name}-arm64.zip" for name in ("runtime", "models")]
    if missing := [path.name for path in (BUILD / "functions.zip", *archives) if not path.exists()]:
        raise NotHereError(f"{', '.join(missing)} is not built: make bundle")
    root = _described(make_root(CACHE / "root-arm64", "arm64"))
    task = unpacked(CACHE / "task", [BUILD / "functions.zip"])
    opt = unpacked(CACHE / "opt-arm64", archives)
    environment = variables | {
        "LD_LIBRARY_PATH": "/usr/lib/aarch64-linux-gnu",
        "PYTHONHOME": str(root / "usr"),
        "PYTHONPATH": f"{task}:{opt}/python",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PALIER_MODELS_DIR": f"{opt}/models",
    }
    options = [part for name, value in environment.items() for part in ("-E", f"{name}={value}")]
    python = str(root / "usr" / "bin" / "python3.13")
    command = [qemu, "-cpu", PROCESSOR, "-L", str(root), *options, python, str(SCRIPT), *map(str, events)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def _described(root: Path) -> Path:
    """Describe the processor where onnxruntime looks for it; this machine's own description would break it."""
    for name in ("proc", "sys/devices/system/cpu"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "proc" / "cpuinfo").write_text(CPU_INFO)
    return root

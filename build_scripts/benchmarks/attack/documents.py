"""Schemathesis over the OpenAPI document of a server: what its schemas allow must get the answers that they name."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from build_scripts.errors import BuildError

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
_CASES = re.compile(r"Test cases:\s+(\d+) generated")
_TIMEOUT_S = 600.0


def find_program() -> str:
    """Return the path of Schemathesis, beside this Python or elsewhere.

    Raises:
        BuildError: it is not installed.
    """
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which("schemathesis", path=places)
    if found is None:
        raise BuildError("Schemathesis is not installed; make attack installs it, and --soak 0 does without.")
    return found


def try_document(url: str, examples: int, seed: int, timeout_s: float = _TIMEOUT_S) -> dict[str, object]:
    """Try every operation of a server's document.

    Args:
        url: of a server on loopback.
        examples: of each operation and phase, at most.
        seed: of its random numbers.
        timeout_s: for all of it.

    Returns:
        `cases`, and `failures`: 1 where there are any, 0 else, with the end of Schemathesis's output in `output`.

    Raises:
        BuildError: Schemathesis is not installed, or does not end.
    """
    command = [find_program(), "run", f"{url}/openapi.json", "--checks", CHECKS, "--max-examples", str(examples)]
    options = ["--seed", str(seed), "--generation-database", "none", "--no-color"]
    try:
        done = subprocess.run(
            [*command, *options], env=os.environ, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"Schemathesis did not end within {timeout_s:g} s; take fewer cases.") from None
    found = _CASES.search(done.stdout)
    if found is None:
        raise BuildError(f"Schemathesis tried nothing: {(done.stderr or done.stdout).strip()[-300:]}")
    output = done.stdout[-3000:] if done.returncode else ""
    return {"cases": int(found[1]), "failures": int(done.returncode != 0), "output": output}

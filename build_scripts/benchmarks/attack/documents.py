"""Schemathesis over the OpenAPI document of a server: what its schemas allow must get the answers that they name."""

import os
import re
import subprocess
import sys
from pathlib import Path

from build_scripts.errors import BuildError

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
PROGRAM = Path(sys.executable).parent / "st"
_CASES = re.compile(r"Test cases:\s+(\d+) generated")
_LEAST_S = 600.0


def try_document(url: str, examples: int, seed: int, timeout_s: float = _LEAST_S) -> dict[str, object]:
    """Try every operation of a server's document.

    Args:
        url: of a server on loopback.
        examples: of each operation and phase, at most.
        seed: of its random numbers.
        timeout_s: for all of it.

    Returns:
        `cases`, and `failures`: whether there are any, with the end of what Schemathesis says of them in `said`.

    Raises:
        BuildError: Schemathesis is not installed, or does not end.
    """
    if not PROGRAM.exists():
        raise BuildError(
            f"Schemathesis is not installed: there is no {PROGRAM}. Install the packages for tests: make test."
        )
    command = [str(PROGRAM), "run", f"{url}/openapi.json", "--checks", CHECKS, "--max-examples", str(examples)]
    options = ["--seed", str(seed), "--generation-database", "none", "--no-color"]
    # Its files are of no use here, and its answer is for people.
    try:
        done = subprocess.run(
            [*command, *options], env=os.environ, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"Schemathesis did not end within {timeout_s:g} s; take fewer cases.") from None
    found = _CASES.search(done.stdout)
    if found is None:
        raise BuildError(f"Schemathesis tried nothing: {(done.stderr or done.stdout).strip()[-300:]}")
    said = done.stdout[-3000:] if done.returncode else ""
    return {"cases": int(found[1]), "failures": int(done.returncode != 0), "said": said}

"""Packages of Debian in a folder or an archive, unpacked by mmdebstrap from Debian's mirror."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from build_scripts.errors import DebianError, last_line

# The suite whose Python has the version of Lambda's.
SUITE = "trixie"
TIMEOUT_S = 1800


def unpack_packages(
    packages: Sequence[str],
    target: Path,
    *,
    suite: str = SUITE,
    variant: str = "extract",
    architecture: str | None = None,
) -> None:
    """Unpack packages, and what they depend on, into a folder, or into an archive where the target's name ends in .tar.

    Args:
        packages: their names.
        target: a folder that is new or empty, or the archive's path.
        suite: Debian's suite.
        variant: mmdebstrap's; `extract` configures nothing, `minbase` is a whole small system.
        architecture: Debian's name of it; by default this machine's.

    Raises:
        DebianError: mmdebstrap is not installed, or did not end well within TIMEOUT_S.
    """
    mmdebstrap = shutil.which("mmdebstrap")
    if mmdebstrap is None:
        raise DebianError("mmdebstrap is not installed; on Debian: apt install mmdebstrap.")
    options = ["--quiet", f"--variant={variant}", f"--include={','.join(packages)}"]
    if architecture is not None:
        options.append(f"--architectures={architecture}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            [mmdebstrap, *options, suite, str(target)], check=True, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        reason = last_line(getattr(error, "stderr", None) or str(error))
        raise DebianError(f"mmdebstrap cannot unpack Debian {suite}: {reason}; is its mirror within reach?") from error

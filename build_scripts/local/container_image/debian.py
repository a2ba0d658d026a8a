"""A base image without a registry: Debian trixie with its own Python, under the name that Dockerfile.gpu asks for."""

import shutil
import subprocess

from build_scripts.errors import BuildError
from build_scripts.local.container_image.builders import Buildah

_NAME = "localhost/python:3.13-slim-trixie"
_PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_base(buildah: Buildah) -> str:
    """Return the digest of the base in buildah's folder, made where it is missing.

    Raises:
        BuildError: no mmdebstrap, or no mirror that answers.
    """
    if not _digest(buildah):
        archive = buildah.folder / "base.tar"
        if not archive.exists():
            _bootstrap(str(archive))
        container = buildah.call("from", "scratch").strip()
        buildah.call("add", "--quiet", container, str(archive), "/")
        buildah.call("run", container, "--", "ln", "-s", "python3", "/usr/bin/python")
        buildah.call("config", "--env", _PATH, container)
        buildah.call("commit", "--quiet", "--rm", container, _NAME)
    return _digest(buildah)


def _digest(buildah: Buildah) -> str:
    found = buildah.call("images", "--format", "{{.Name}}:{{.Tag}} {{.Digest}}")
    return next((line.split()[1] for line in found.splitlines() if line.startswith(f"{_NAME} ")), "")


def _bootstrap(archive: str) -> None:
    if shutil.which("mmdebstrap") is None:
        raise BuildError("The base cannot be made here: there is no mmdebstrap; on Debian: apt install mmdebstrap.")
    part = archive.replace(".tar", ".part.tar")
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={_PACKAGES}", "trixie", part]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    if done.returncode:
        reason = " / ".join(done.stderr.strip().splitlines()[-2:])
        raise BuildError(f"The base cannot be made here, for mmdebstrap ends with status {done.returncode}: {reason}.")
    shutil.move(part, archive)

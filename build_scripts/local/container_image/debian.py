"""A base image without a registry: Debian trixie with its own Python, under the name that Dockerfile.gpu asks for."""

from pathlib import Path

from build_scripts.evidence.other_processors.debian_packages import unpack_packages
from build_scripts.local.container_image.builders import Buildah

_NAME = "localhost/python:3.13-slim-trixie"
_PACKAGES = ("python3", "python3-venv", "python3-pip", "ca-certificates")
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_base(buildah: Buildah) -> str:
    """Return the digest of the base in buildah's folder, made where it is missing.

    Raises:
        DebianError: no mmdebstrap, or no mirror that answers.
    """
    if not _digest(buildah):
        archive = buildah.folder / "base.tar"
        if not archive.exists():
            _bootstrap(archive)
        container = buildah.call("from", "scratch").strip()
        buildah.call("add", "--quiet", container, str(archive), "/")
        buildah.call("run", container, "--", "ln", "-s", "python3", "/usr/bin/python")
        buildah.call("config", "--env", _PATH, container)
        buildah.call("commit", "--quiet", "--rm", container, _NAME)
    return _digest(buildah)


def _digest(buildah: Buildah) -> str:
    found = buildah.call("images", "--format", "{{.Name}}:{{.Tag}} {{.Digest}}")
    return next((line.split()[1] for line in found.splitlines() if line.startswith(f"{_NAME} ")), "")


def _bootstrap(archive: Path) -> None:
    part = archive.with_suffix(".part.tar")
    unpack_packages(_PACKAGES, part, suite="trixie", variant="minbase")
    part.rename(archive)

"""Programs that build Dockerfile.gpu and run a command in the image: docker, podman, or buildah without a daemon."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from build_scripts.errors import BuildError
from build_scripts.local.container_image.pip_settings import mounts

ROOT = Path(__file__).resolve().parents[3]
WORK = ROOT / "build" / "image"
# A slow line downloads the GPU's packages in this time.
_BUILD_S, _RUN_S = 3600, 300
# As a strict runtime does: the root read-only but for /tmp, no network but loopback, four devices.
_ENTER = """
mount --make-rprivate / && mount --bind "$0" "$0" && mount -t tmpfs tmpfs "$0/tmp" && mount -t proc proc "$0/proc" &&
mount -t tmpfs -o mode=755 tmpfs "$0/dev" && mknod -m 666 "$0/dev/null" c 1 3 && mknod -m 666 "$0/dev/zero" c 1 5 &&
mknod -m 666 "$0/dev/random" c 1 8 && mknod -m 666 "$0/dev/urandom" c 1 9 && ip link set lo up &&
mount -o remount,ro,bind "$0" && user="$1" && shift && exec chroot --userspec="$user" "$0" /usr/bin/env -i "$@"
"""


class Builder(Protocol):
    """The interface of a program that builds an image, describes it and runs a command in it."""

    def build(self, lock: str, digest: str) -> str:
        """Return the name of the image that was built with a lock, on the base of this digest."""
        ...

    def configuration(self, image: str) -> Mapping[str, Any]:
        """Return what the image declares: Entrypoint, Cmd, Env, User, Healthcheck."""
        ...

    def size_bytes(self, image: str) -> int:
        """Return what the image's files take, unpacked."""
        ...

    def run(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> str:
        """Run a command in the image, its root read-only, without a network, and return its standard output."""
        ...


@dataclass(frozen=True)
class Daemon:
    """docker, whose daemon must run, or podman, which takes the same arguments."""

    program: str

    def build(self, lock: str, digest: str) -> str:
        """Build the image."""
        image = f"palier:{lock}"
        command = [self.program, "build", "--tag", image, *build_arguments(lock, digest), str(ROOT)]
        # podman leaves HEALTHCHECK out of any other format.
        _done(_podman_only(self.program, command, "--format", "docker"), _BUILD_S)
        return image

    def configuration(self, image: str) -> Mapping[str, Any]:
        """Read what the image declares."""
        content: dict[str, Any] = json.loads(_done([self.program, "image", "inspect", image], _RUN_S))[0]
        return {"Healthcheck": content.get("HealthCheck"), **content["Config"]}

    def size_bytes(self, image: str) -> int:
        """Measure the image."""
        return int(json.loads(_done([self.program, "image", "inspect", image], _RUN_S))[0]["Size"])

    def run(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> str:
        """Run a command in a new container."""
        strict = ["run", "--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none"]  # noqa: S108 - the image's
        given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
        program, *arguments = command
        return _done([self.program, *strict, *given, "--entrypoint", program, image, *arguments], _RUN_S)


@dataclass(frozen=True)
class Buildah:
    """buildah, which needs no daemon: its images lie in a folder of their own; root is needed to run one strictly."""

    folder: Path = WORK

    @property
    def program(self) -> list[str]:
        """The command with its folder; vfs and chroot work wherever buildah does."""
        return ["buildah", "--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]

    def call(self, *arguments: str, timeout_s: float = _RUN_S, pull: bool = False) -> str:
        """Run buildah and return what it prints; unless it may pull, short names are those of its folder."""
        own = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
        if not pull:
            names = self.folder / "registries.conf"
            names.parent.mkdir(parents=True, exist_ok=True)
            names.write_text('[aliases]\n"python" = "localhost/python"\n')
            own["CONTAINERS_REGISTRIES_CONF"] = str(names)
        return _done([*self.program, *arguments], timeout_s, os.environ | own)

    def build(self, lock: str, digest: str) -> str:
        """Build the image."""
        image = f"localhost/palier:{lock}"
        with mounts(self.folder) as given:
            volumes = [part for source, target in given.items() for part in ("--volume", f"{source}:{target}:ro")]
            pull = digest not in self.call("images", "--format", "{{.Digest}}").split()
            how = [*([] if pull else ["--pull-never"]), "--format", "docker", "--tag", image]
            arguments = [*how, *volumes, *build_arguments(lock, digest), str(ROOT)]
            self.call("bud", *arguments, timeout_s=_BUILD_S, pull=pull)
        return image

    def configuration(self, image: str) -> Mapping[str, Any]:
        """Read what the image declares."""
        content: dict[str, Any] = json.loads(self.call("inspect", "--type", "image", image))["Docker"]["config"]
        return content

    def size_bytes(self, image: str) -> int:
        """Measure the image."""
        container = self.call("from", "--pull-never", image).strip()
        try:
            used = _done(["du", "--summarize", "--bytes", self.call("mount", container).strip()], _RUN_S)
        finally:
            self.call("rm", container)
        return int(used.split()[0])

    def run(self, image: str, command: Sequence[str], variables: Mapping[str, str]) -> str:
        """Run a command in a new container."""
        declared = self.configuration(image)
        container = self.call("from", "--pull-never", image).strip()
        try:
            place = self.call("mount", container).strip()
            named = [*declared["Env"], *(f"{name}={value}" for name, value in variables.items())]
            spaces = ["unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child"]
            return _done([*spaces, "sh", "-c", _ENTER, place, declared["User"], *named, *command], _RUN_S)
        finally:
            self.call("rm", container)


def build_arguments(lock: str, digest: str) -> list[str]:
    """Return the arguments of every builder: the file, the stage, the lock, the base by its digest."""
    named = [f"PYTHON_DIGEST={digest}", f"LOCK={lock}"]
    given = [part for one in named for part in ("--build-arg", one)]
    return ["--file", str(ROOT / "Dockerfile.gpu"), "--target", "serve", *given]


def find_builder() -> Builder:
    """Return the first of docker, podman and buildah that works here.

    Raises:
        BuildError: there is none.
    """
    for program in ("docker", "podman"):
        if (
            shutil.which(program)
            and subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0
        ):
            return Daemon(program)
    if shutil.which("buildah") and os.geteuid() == 0:
        return Buildah()
    raise BuildError(
        "The image cannot be built here: no docker whose daemon answers, no podman, and no buildah with root; "
        "on Debian: apt install buildah."
    )


def _podman_only(program: str, command: list[str], *options: str) -> list[str]:
    return [*command[:2], *options, *command[2:]] if program == "podman" else command


def _done(command: Sequence[str], timeout_s: float, variables: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, env=variables, check=False)
    if done.returncode:
        raise BuildError(
            f"{command[0]} ended with status {done.returncode}: {' / '.join(done.stderr.strip().splitlines()[-3:])}."
        )
    return done.stdout

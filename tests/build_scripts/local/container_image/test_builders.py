"""Builders: which one is taken, and what it is told. A script stands for the program."""

import json
import os
from pathlib import Path

import pytest

from build_scripts.errors import BuildError
from build_scripts.local.container_image.__main__ import make_image
from build_scripts.local.container_image.builders import Buildah, Daemon, find_builder

INSPECTED = [{"Size": 423, "Config": {"Entrypoint": ["python"], "Healthcheck": {"Test": ["CMD", "true"]}}}]


def program(folder: Path, name: str, script: str) -> Path:
    """Put a program on a path of its own; it writes its arguments, one a line, beside itself."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {folder}/told\n{script}\n')
    path.chmod(0o755)
    return folder / "told"


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None)
    return tmp_path


def test_docker_needs_its_daemon_and_podman_none(alone: Path) -> None:
    program(alone, "docker", "exit 1")
    program(alone, "podman", "exit 0")
    assert find_builder() == Daemon("podman")


def test_without_any_the_sentence_says_what_to_install(alone: Path) -> None:
    with pytest.raises(BuildError, match="no docker whose daemon answers, no podman, and no buildah with root"):
        find_builder()


def test_buildah_is_taken_by_root_alone(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(alone, "buildah", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert isinstance(find_builder(), Buildah)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BuildError, match="no buildah with root"):
        find_builder()


@pytest.mark.parametrize(("name", "format_"), [("docker", []), ("podman", ["--format", "docker"])])
def test_a_build_names_file_stage_lock_and_digest(alone: Path, name: str, format_: list[str]) -> None:
    told = program(alone, name, "exit 0")
    assert Daemon(name).build("gpu", "sha256:12") == "palier:gpu"
    words = told.read_text().split()
    assert words[: 1 + len(format_)] == ["build", *format_]
    assert [words[n + 1] for n, word in enumerate(words) if word == "--build-arg"] == [
        "PYTHON_DIGEST=sha256:12",
        "LOCK=gpu",
    ]
    assert words[words.index("--target") + 1] == "serve"


def test_a_command_runs_with_a_read_only_root_and_without_a_network(alone: Path) -> None:
    told = program(alone, "docker", "echo out")
    assert Daemon("docker").run("palier:gpu", ["python", "-V"], {"A": "b"}) == "out\n"
    strict = "run --rm --read-only --tmpfs /tmp --network none --env A=b --entrypoint python palier:gpu -V"
    assert told.read_text().split() == strict.split()


def test_what_an_image_declares_and_takes_is_read(alone: Path) -> None:
    (alone / "inspected").write_text(json.dumps(INSPECTED))
    program(alone, "docker", f"cat {alone}/inspected")
    assert Daemon("docker").configuration("palier:gpu")["Healthcheck"] == {"Test": ["CMD", "true"]}
    assert Daemon("docker").size_bytes("palier:gpu") == 423


def test_what_a_program_ends_with_is_a_sentence(alone: Path) -> None:
    program(alone, "docker", "echo first >&2; echo 'no such image' >&2; exit 7")
    with pytest.raises(BuildError, match=r"^docker ended with status 7: first / no such image.$"):
        Daemon("docker").size_bytes("palier:gpu")


def test_buildah_keeps_to_its_folder_and_pulls_nothing(alone: Path) -> None:
    told = program(alone, "buildah", 'echo "$STORAGE_DRIVER $BUILDAH_ISOLATION $CONTAINERS_REGISTRIES_CONF" >/dev/null')
    told.with_name("work").mkdir()
    buildah = Buildah(alone / "work")
    buildah.call("images")
    assert told.read_text().split() == [
        "--root", str(alone / "work/storage"), "--runroot", str(alone / "work/run"), "images",
    ]  # fmt: skip
    assert (alone / "work/registries.conf").read_text() == '[aliases]\n"python" = "localhost/python"\n'


@pytest.mark.parametrize(("digest", "pulls"), [("sha256:1", False), ("sha256:2", True)])
def test_buildah_pulls_only_a_base_that_it_has_not(alone: Path, digest: str, pulls: bool) -> None:
    told = program(alone, "buildah", "echo sha256:1")
    (alone / "work").mkdir()
    Buildah(alone / "work").build("container", digest)
    assert ("--pull-never" not in told.read_text().split()) == pulls


def test_docker_without_a_digest_must_name_one() -> None:
    with pytest.raises(BuildError, match="make image DIGEST=sha256:"):
        make_image(Daemon("docker"), "container", None)

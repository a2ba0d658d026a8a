"""Dockerfile.gpu: linted, pinned, unprivileged; and its steps replayed without Docker, on the CPU."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from functions.core.version import VERSION
from tests.container_image.dockerfile import DOCKERFILE, ROOT, Stage, carry_out, instructions, stages
from tests.container_image.dockerignore import context_of
from tests.support.processes import process
from tests.support.recordings import tone
from tests.support.waiting import SECONDS

TEXT = DOCKERFILE.read_text()
STAGES = stages(TEXT)
SERVE = STAGES["serve"]
NOBODY = 65534


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_base_is_a_stage_or_pinned_by_digest_when_it_is_built() -> None:
    bases = {stage.base for stage in STAGES.values()} - set(STAGES)
    assert bases == {"python:3.13-slim-trixie@${PYTHON_DIGEST}", "${TENSORRT}"}
    arguments = [step.rest for step in instructions(TEXT) if step.word == "ARG"]
    # Without a digest the name is no reference, and the build fails; without TensorRT nothing is fetched.
    assert arguments[:2] == ["PYTHON_DIGEST", "TENSORRT=scratch"]


def test_the_image_without_a_target_is_the_one_for_gpus() -> None:
    assert list(STAGES)[-1] == "gpu"
    assert (STAGES["gpu"].base, STAGES["gpu"].steps) == ("serve", [])


def test_it_runs_as_nobody_in_particular_and_writes_nowhere() -> None:
    user, group = SERVE.last("USER").rest.split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert SERVE.environment()["PYTHONDONTWRITEBYTECODE"] == "1"
    assert not any(step.word in {"RUN", "ADD", "VOLUME"} for step in SERVE.steps)


def test_it_is_started_as_sagemaker_does_and_ended_by_sigterm() -> None:
    assert json.loads(SERVE.last("ENTRYPOINT").rest) == ["python", "-m", "functions.container"]
    assert json.loads(SERVE.last("CMD").rest) == ["serve"]
    assert (SERVE.last("STOPSIGNAL").rest, SERVE.last("EXPOSE").rest) == ("SIGTERM", "8080")


def test_labels_say_what_it_is() -> None:
    labels = SERVE.labels()
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["com.amazonaws.sagemaker.capabilities.multi-models"] == "true"
    assert next(step.rest for step in SERVE.steps if step.word == "ARG") == f"VERSION={VERSION}"


def test_packages_are_locked_with_hashes_and_have_one_onnxruntime() -> None:
    install = next(step.rest for step in STAGES["build"].steps if "pip install" in step.rest)
    assert "--require-hashes" in install
    assert "--only-binary=:all:" in install
    for lock, engine in (("gpu", "onnxruntime-gpu"), ("container", "onnxruntime")):
        names = re.findall(r"^([a-z0-9-]+)==", (ROOT / f"build_scripts/locks/{lock}.txt").read_text(), re.MULTILINE)
        assert [name for name in names if name.startswith("onnxruntime")] == [engine]
        assert {"uvicorn", "prometheus-client", "starlette"} <= set(names)
        assert {"torch", "onnx", "pytest"}.isdisjoint(names)


def test_the_builder_is_sent_what_serves_and_nothing_else(tmp_path: Path) -> None:
    context = context_of(ROOT, tmp_path / "context")
    sent = {path.relative_to(context).as_posix() for path in context.rglob("*") if path.is_file()}
    assert {"functions/container/__main__.py", "layers/models/journal-bearing/2/manifest.json"} <= sent
    folders = {"/".join(name.split("/")[:2]) for name in sent}
    functions = {f"functions/{name}" for name in ("__init__.py", "container", "core", "inference")}
    assert folders == {*functions, "build_scripts/locks", "layers/models"}
    models = {Path(name).name for name in sent if name.startswith("layers/models")}
    assert models == {"manifest.json", "model_fp32.onnx", "model_int8.onnx"}
    assert not any("__pycache__" in name for name in sent)


@dataclass(frozen=True)
class Image:
    """The replayed image: where /opt/palier is, and the environment that the stage sets."""

    place: Path
    environment: dict[str, str]

    def command(self, stage: Stage, word: str) -> list[str]:
        """An instruction's command, with the image's Python."""
        arguments = json.loads(stage.last(word).rest.removeprefix("CMD "))
        return [str(self.place / "bin" / arguments[0]), *arguments[1:]] if word != "CMD" else arguments


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The stage `build` carried out with the lock for CPUs, and the environment of `serve`."""
    folder = tmp_path_factory.mktemp("image")
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)
    context = context_of(ROOT, folder / "context")
    python = Path(sys.base_prefix) / "bin"
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{python}{os.pathsep}{os.environ['PATH']}")
            patch.delenv("PYTHONPATH", raising=False)
            carry_out(STAGES["build"], folder / "palier", context, {"LOCK": "container"})
    except subprocess.CalledProcessError as error:
        if "pip install" in error.cmd[-1] and not _index_answers():
            pytest.skip("packages cannot be downloaded here")
        raise
    place = folder / "palier"
    values = {name: value.replace("/opt/palier", str(place)) for name, value in SERVE.environment().items()}
    return Image(place, {**values, "PATH": f"{place}/bin:/usr/bin:/bin"})


def _index_answers() -> bool:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", os.devnull, "starlette"]
    return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False).returncode == 0


@pytest.fixture(scope="module")
def running(image: Image) -> Iterator[tuple[Image, str, dict[str, str]]]:
    """The replayed image, started by its own entry point as a user who may write nothing in it."""
    command = [*image.command(SERVE, "ENTRYPOINT"), *image.command(SERVE, "CMD")]
    settings = {"PALIER_API_KEYS_REQUIRED": "false", "PALIER_PROVIDER": "cpu"}
    before = _files(image.place)
    with process(image.environment | settings, command, image.place / "app", _user(image)) as served:
        yield image, served.url, dict(served.environment)
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=SECONDS) in {0, -signal.SIGTERM}
    # As a read-only root demands; a user without rights could not have, but root could.
    assert _files(image.place) == before


def _files(place: Path) -> dict[Path, int]:
    return {path: path.lstat().st_mtime_ns for path in place.rglob("*")}


def _user(image: Image) -> int | None:
    """Somebody without rights, where we may become them and they may run this Python."""
    if os.geteuid() != 0:
        return None
    try:
        subprocess.run([image.place / "bin" / "python", "-c", ""], user=NOBODY, check=True, timeout=SECONDS, cwd="/")
    except (PermissionError, subprocess.CalledProcessError):
        return None
    return NOBODY


def test_the_replayed_image_serves(running: tuple[Image, str, dict[str, str]]) -> None:
    _, url, _ = running
    window = tone(0.5, windows=10).astype("<f4").tobytes()
    health = httpx.get(f"{url}/health").json()
    assert (health["device"], health["model"]["name"], health["model"]["precision"]) == (
        "cpu",
        "journal-bearing",
        "int8",
    )
    answer = httpx.post(f"{url}/invocations", content=window, headers={"content-type": "application/octet-stream"})
    assert (answer.status_code, answer.json()["windows"]) == (200, 1)
    assert httpx.get(f"{url}/metrics").status_code == 200


def test_its_health_check_passes_with_a_server_and_fails_without(running: tuple[Image, str, dict[str, str]]) -> None:
    image, _, environment = running
    command = image.command(SERVE, "HEALTHCHECK")
    there = subprocess.run(command, env=environment, cwd=image.place / "app", timeout=SECONDS, check=False)
    nowhere = environment | {"PALIER_PORT": "1"}
    none = subprocess.run(command, env=nowhere, cwd=image.place / "app", timeout=SECONDS, check=False)
    assert (there.returncode, none.returncode) == (0, 1)


def test_it_has_its_own_packages_alone(image: Image) -> None:
    code = "import sys, functions, onnxruntime; print(functions.__file__); print(onnxruntime.__file__)"
    done = subprocess.run(
        [image.place / "bin" / "python", "-c", code],
        env=image.environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    assert all(line.startswith(str(image.place)) for line in done.stdout.splitlines())
    assert not list((image.place / "app").rglob("*.pyc.*"))
    assert list((image.place / "app/functions/container/__pycache__").glob("batching.*.pyc"))

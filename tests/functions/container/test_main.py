"""The container as it is started: a process, its check, and SIGTERM."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from functions.container.__main__ import main
from tests.support.apps import JSON
from tests.support.processes import ENTRY, ROOT, Served, process, refuses
from tests.support.servers import unused_port
from tests.support.v2 import INFER, batch, expected_logits, raw_envelope, read_answer

RAW = raw_envelope(batch(0.5))


def environment(models_dir: Path, **more: str) -> dict[str, str]:
    return {
        "PALIER_MODELS_DIR": str(models_dir),
        "PALIER_DEFAULT_MODEL": "tiny",
        "PALIER_API_KEYS_REQUIRED": "false",
        "PALIER_PROVIDER": "cpu",
        **more,
    }


def check(served: Served) -> int:
    return subprocess.run([*ENTRY, "check"], cwd=ROOT, env=served.environment, timeout=60, check=False).returncode


def test_it_serves_is_checked_and_ends_on_sigterm(models_dir: Path) -> None:
    with process(environment(models_dir)) as served:
        answer = httpx.post(served.url + INFER, content=RAW.body, headers=RAW.headers)
        assert read_answer(answer)[1]["logits"] == pytest.approx(expected_logits(0.5), abs=1e-4)
        assert "server" not in answer.headers
        assert check(served) == 0
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=10) in {0, -signal.SIGTERM}
        assert check(served) == 1


def test_sigterm_finishes_what_is_in_work_and_refuses_new(models_dir: Path) -> None:
    # A lone request waits a second for company: long enough to be in work when the signal comes.
    with process(environment(models_dir, PALIER_BATCH_MAX_DELAY_MS="1000")) as served:
        answers: list[httpx.Response] = []
        sender = threading.Thread(
            target=lambda: answers.append(httpx.post(served.url + INFER, content=RAW.body, headers=RAW.headers))
        )
        sender.start()
        _until_queued(served)
        served.process.send_signal(signal.SIGTERM)
        _until(lambda: refuses(served.port))
        assert answers == []
        sender.join(10)
        assert served.process.wait(timeout=10) in {0, -signal.SIGTERM}
    assert [answer.status_code for answer in answers] == [200]


def test_what_is_not_finished_by_the_deadline_is_given_up(models_dir: Path) -> None:
    slow = environment(models_dir, PALIER_BATCH_MAX_DELAY_MS="1000", PALIER_SHUTDOWN_S="1")
    # A body of which half has come keeps a request in work for as long as its sender likes.
    with process(slow) as served, httpx.Client(base_url=served.url, timeout=30) as client:

        def halves() -> Iterator[bytes]:
            yield b'{"signal": ['
            time.sleep(4)
            yield b"1]}"

        def send() -> None:
            with pytest.raises(httpx.HTTPError):
                client.post("/predict", content=halves(), headers={"content-type": JSON}).raise_for_status()

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        served.process.wait(timeout=20)
        assert 0.5 < time.monotonic() - started < 6
        sender.join(20)


def test_sigterm_while_it_warms_up_ends_it(tmp_path: Path, models_dir: Path) -> None:
    many = environment(models_dir, PALIER_BATCH_MAX_WINDOWS="1024", PALIER_PORT=str(unused_port()))
    running = subprocess.Popen(
        [*ENTRY, "serve"], cwd=ROOT, env=many | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    )
    try:
        time.sleep(1.5)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=15) in {0, -signal.SIGTERM}
    finally:
        running.kill()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"PALIER_PROVIDER": "cuda"}, "The execution provider 'cuda' cannot be had here: "),
        ({"PALIER_PROVIDER": "abacus"}, "PALIER_PROVIDER: "),
        ({"PALIER_DEFAULT_MODEL": "absent"}, "The default model 'absent' is not installed here."),
        ({"PALIER_MAX_BATCH": "none"}, "PALIER_MAX_BATCH: "),
    ],
    ids=["provider missing", "provider unknown", "model", "setting"],
)
def test_what_keeps_it_from_starting_is_one_sentence(
    models_dir: Path,
    change: dict[str, str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for name, value in (environment(models_dir) | change).items():
        monkeypatch.setenv(name, value)
    # What the entry point sets for its own process must not outlive the test.
    monkeypatch.setattr("functions.container.__main__._ENVIRONMENT", {})
    assert main(["serve"]) == 1
    assert capsys.readouterr().err.startswith(f"palier: {sentence}")


def _until_queued(served: Served) -> None:
    _until(lambda: "palier_queue_windows 1.0" in httpx.get(f"{served.url}/metrics").text)


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)

"""`palier jobs` against local_server.py with keys: files on disk become a job, its results a file."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import this_host
from build_scripts.palier_cli.main import main
from tests.support.local_server import Running, models_environment, running
from tests.support.recordings import csv_text, npy_bytes, tone, wav_bytes
from tests.support.servers import unused_port


@pytest.fixture(scope="module")
def server(models_dir: Path) -> Iterator[Running]:
    try:
        this_host()
    except EmbeddedServicesError as reason:
        pytest.skip(reason.message)
    with running(models_environment(models_dir), "--auth") as server:
        yield server
        assert server.interrupt()[0] == 0


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    contents = {
        "a.wav": wav_bytes(tone(0.5)),
        "b.npy": npy_bytes(tone(0.0)),
        "c.csv": csv_text([tone(-0.5)]).encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


class Command:
    """`palier jobs` in this process, with the server's address and key."""

    def __init__(self, server: Running, capsys: pytest.CaptureFixture[str]) -> None:
        self._server = server
        self._capsys = capsys

    def __call__(self, action: str, *arguments: str | Path) -> tuple[int, str, str]:
        where = ["--url", self._server.url, "--key", str(self._server.key)]
        status = main(["jobs", action, *map(str, arguments), *where])
        return status, *self._capsys.readouterr()

    def json(self, action: str, *arguments: str | Path) -> Any:
        return json.loads(self(action, *arguments, "--json")[1])


@pytest.fixture
def jobs(server: Running, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(server, capsys)


def test_files_become_a_job_and_its_results_a_file(jobs: Command, files: list[Path], tmp_path: Path) -> None:
    status, out, _ = jobs("submit", *files, "--asset-id", "press-4", "--output", tmp_path / "found.csv")
    assert status == 0
    assert "succeeded  3 of 3 diagnosed" in out
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["a.wav", "b.npy", "c.csv"]
    rows = list(csv.DictReader((tmp_path / "found.csv").read_text().splitlines()))
    assert [(row["name"], row["class_id"], row["asset_id"]) for row in rows] == [
        ("a.wav", "high", "press-4"),
        ("b.npy", "centred", "press-4"),
        ("c.csv", "low", "press-4"),
    ]
    job_id = out.split()[0]
    newest, *older = [job["job_id"] for job in jobs.json("status")["jobs"]]
    assert newest == job_id
    assert job_id not in older
    assert jobs.json("status", job_id)["job"]["state"] == "succeeded"
    shown = [line.split()[0] for line in jobs("results", job_id)[1].splitlines()]
    assert shown == ["recording", "a.wav", "b.npy", "c.csv"]
    assert jobs("results", job_id, "--output", tmp_path / "found.jsonl")[0] == 0
    lines = (tmp_path / "found.jsonl").read_text().splitlines()
    assert [json.loads(line)["index"] for line in lines] == [0, 1, 2]


def test_the_same_files_again_are_the_same_job(jobs: Command, files: list[Path]) -> None:
    first = jobs.json("submit", *files)["job"]["job_id"]
    assert jobs.json("submit", *files)["job"]["job_id"] == first
    assert jobs.json("submit", *files[:2])["job"]["job_id"] != first
    assert jobs.json("submit", *files, "--idempotency-key", "again")["job"]["job_id"] != first


def test_a_recording_that_cannot_be_diagnosed_is_named_and_fails_the_command(
    jobs: Command, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF and nothing")
    status, out, _ = jobs("submit", files[0], tmp_path / "broken.wav")
    assert status == 2
    assert "partially failed  1 of 2 diagnosed, 1 failed" in out
    assert "broken.wav" in out
    assert "not diagnosed" in out


def test_who_does_not_wait_looks_later_or_cancels(jobs: Command, files: list[Path]) -> None:
    job_id = jobs.json("submit", *files[1:], "--no-wait")["job"]["job_id"]
    assert jobs.json("status", job_id, "--wait")["job"]["state"] == "succeeded"
    status, _, err = jobs("cancel", job_id)
    assert status == 2
    assert "answered 409: The job is succeeded already" in err


@pytest.mark.parametrize("action", ["status", "results", "cancel"])
def test_a_job_that_is_not_there_is_reported(jobs: Command, action: str) -> None:
    status, out, err = jobs(action, "0" * 32)
    assert (status, out) == (2, "")
    assert "answered 404: There is no job" in err


def test_without_a_key_nothing_is_uploaded(
    server: Running, files: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PALIER_KEY", raising=False)
    assert main(["jobs", "submit", str(files[0]), "--url", server.url]) == 2
    assert "answered 401" in capsys.readouterr().err
    monkeypatch.setenv("PALIER_KEY", str(server.key))
    assert main(["jobs", "submit", str(files[0]), "--url", server.url]) == 0


def test_nobody_there_is_one_line(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "submit", str(files[0]), "--url", f"http://127.0.0.1:{unused_port()}"]) == 2
    err = capsys.readouterr().err
    assert "does not answer" in err
    assert err.count("\n") == 1


def test_results_go_to_a_file_of_a_kind_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["jobs", "results", "0" * 32, "--output", "found.xlsx"])
    assert "ends neither in .jsonl nor in .csv" in capsys.readouterr().err

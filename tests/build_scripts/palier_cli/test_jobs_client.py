"""Files and requests of a job's client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from build_scripts.palier_cli.jobs_client import JobsClient, _path, _write_all
from build_scripts.palier_cli.remote import EndpointError
from build_scripts.palier_cli.terminal import OutputError

OLD, NEW = b"old", [b"new ", b"results\n"]


def test_a_file_is_replaced_when_everything_has_come(tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_bytes(OLD)
    _write_all(tmp_path / "found.csv", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["found.csv"]
    assert (tmp_path / "found.csv").read_bytes() == b"".join(NEW)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_bytes(OLD)
    (tmp_path / "found.csv.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"found\.csv cannot be written: No space left on device\. The results stay"):
        _write_all(tmp_path / "found.csv", NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["found.csv"]
    assert (tmp_path / "found.csv").read_bytes() == OLD


def test_a_folder_that_went_away_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        _write_all(tmp_path / "gone" / "found.csv", NEW)


def test_an_answer_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield NEW[0]
        raise ConnectionResetError

    (tmp_path / "found.csv").write_bytes(OLD)
    with pytest.raises(OutputError):
        _write_all(tmp_path / "found.csv", broken())
    assert (tmp_path / "found.csv").read_bytes() == OLD


@pytest.mark.parametrize(
    ("job_id", "path"), [("0" * 32, f"/jobs/{'0' * 32}"), ("../keys?a#b", "/jobs/..%2Fkeys%3Fa%23b")]
)
def test_what_is_no_id_names_no_other_path(job_id: str, path: str) -> None:
    assert _path(job_id) == path


@pytest.mark.parametrize(
    "url", ["nonsense", "http://", "http://[", "http://127.0.0.1:99999", "http://a\x00b", "http://ü\n"]
)
def test_what_is_no_url_is_a_sentence(url: str) -> None:
    with JobsClient(url, None) as client, pytest.raises(EndpointError, match="does not answer"):
        client.job("0" * 32)

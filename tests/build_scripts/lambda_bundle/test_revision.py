import shutil
import subprocess
from pathlib import Path

import pytest

from build_scripts.lambda_bundle.revision import Revision, read_revision


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "a.py").write_text("")
    (tmp_path / "notes.txt").write_text("")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def test_the_commit_is_reported_and_whether_bundled_files_differ(checkout: Path) -> None:
    clean = read_revision(checkout, ("functions",))
    assert clean.commit is not None
    assert (len(clean.commit), clean.modified) == (40, False)
    (checkout / "notes.txt").write_text("not bundled")
    assert read_revision(checkout, ("functions",)) == clean
    (checkout / "functions" / "a.py").write_text("A = 1")
    assert read_revision(checkout, ("functions",)) == Revision(clean.commit, modified=True)


def test_outside_a_checkout_there_is_no_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert read_revision(tmp_path, ("functions",)) == Revision(None, None)


def test_without_git_there_is_no_revision(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout / "nowhere"))
    assert read_revision(checkout, ("functions",)) == Revision(None, None)


def test_changes_that_git_cannot_list_are_not_known(checkout: Path) -> None:
    (checkout / ".git" / "index").write_bytes(b"damaged")
    found = read_revision(checkout, ("functions",))
    assert found.commit is not None
    assert found.modified is None

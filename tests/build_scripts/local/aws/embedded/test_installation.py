"""The emulator's packages: locked, installed once, whole or not at all, in the background or when needed."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from build_scripts.local.aws.embedded.installation import (
    LOCK,
    EmbeddedServicesError,
    Installation,
    installed_packages,
)
from tests.support.local_server import ROOT
from tests.support.stub_pip import StubPip, has_ended, pip
from tests.support.waiting import SECONDS, until

__all__ = ["pip"]


def test_every_package_is_locked_with_hashes_and_the_emulator_exactly() -> None:
    pins = re.findall(r"^([a-z0-9-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}", LOCK.read_text(), re.MULTILINE)
    versions = dict(pins)
    assert len(pins) == len(re.findall("==", LOCK.read_text()))
    assert versions["ministack"] == "1.5.33"
    assert versions["boto3"] == versions["botocore"]
    assert "://" not in LOCK.read_text()


def test_packages_are_installed_once(pip: StubPip, tmp_path: Path) -> None:
    told: list[str] = []
    first = installed_packages(tmp_path, notify=told.append)
    assert installed_packages(tmp_path, notify=told.append) == first
    assert len(pip.asked()) == len(told) == 1
    assert {"--require-hashes", "--only-binary=:all:", "--no-deps"} <= set(pip.asked()[0]["arguments"])
    assert list(tmp_path.iterdir()) == [first]


def test_another_python_has_packages_of_its_own(pip: StubPip, tmp_path: Path) -> None:
    assert installed_packages(tmp_path) != installed_packages(tmp_path, "3.99")
    first, second = (one["arguments"] for one in pip.asked())
    assert "--python-version" not in first
    assert second[second.index("--python-version") + 1] == "3.99"


def test_pip_s_reason_is_reported_and_nothing_half_made_stays(pip: StubPip, tmp_path: Path) -> None:
    pip.fail("looking\nERROR: no such hash\n")
    with pytest.raises(EmbeddedServicesError, match=r"cannot be installed: ERROR: no such hash$"):
        installed_packages(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_pip_that_says_nothing_has_a_status(pip: StubPip, tmp_path: Path) -> None:
    pip.fail("")
    with pytest.raises(EmbeddedServicesError, match=r"cannot be installed: pip ended with status 1\.$"):
        installed_packages(tmp_path)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(EmbeddedServicesError, match=r"cache/packages-\S+ cannot be made: "):
        installed_packages(tmp_path / "cache")


def test_who_needs_what_is_being_installed_waits_and_says_so(pip: StubPip, tmp_path: Path) -> None:
    pip.hold()
    told: list[str] = []
    installation = Installation(told.append, tmp_path)
    installation.begin()
    (begun,) = pip.asked(1)
    assert begun["niceness"] == min(19, os.nice(0) + 10)
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(installation.packages) for _ in range(2)]
        until(lambda: len(told) == 3)
        assert told == [
            f"installing the embedded AWS services into {tmp_path} (once)",
            *["waiting until the embedded AWS services are installed"] * 2,
        ]
        assert not any(one.done() for one in waiting)
        pip.release()
        assert [one.result(SECONDS) for one in waiting] == list(tmp_path.iterdir()) * 2
    installation.close()
    assert len(pip.asked()) == 1


def test_what_is_installed_is_left_alone(pip: StubPip, tmp_path: Path) -> None:
    told: list[str] = []
    folder = installed_packages(tmp_path)
    installation = Installation(told.append, tmp_path)
    installation.begin()
    assert installation.packages() == folder
    installation.close()
    assert told in ([], ["waiting until the embedded AWS services are installed"])
    assert len(pip.asked()) == 1


def test_a_failure_in_the_background_is_one_sentence_and_the_next_one_tries_again(pip: StubPip, tmp_path: Path) -> None:
    pip.fail("ERROR: no network")
    told: list[str] = []
    installation = Installation(told.append, tmp_path)
    installation.begin()
    until(lambda: len(told) == 2)
    reason = "The embedded services cannot be installed: ERROR: no network"
    assert told[1:] == [f"{reason}. The first job or history tries again."]
    with pytest.raises(EmbeddedServicesError, match=f"^{reason}$"):
        installation.packages()
    pip.fail(None)
    assert [installation.packages()] == list(tmp_path.iterdir())
    assert len(pip.asked()) == 3


def test_stopped_it_leaves_no_process_and_nothing_half_made(pip: StubPip, tmp_path: Path) -> None:
    pip.hold()
    told: list[str] = []
    installation = Installation(told.append, tmp_path)
    installation.begin()
    (begun,) = pip.asked(1)
    assert list(tmp_path.glob("installing-*/packages/half"))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(installation.packages)
        until(lambda: len(told) == 2)
        installation.close()
        with pytest.raises(EmbeddedServicesError, match=r"cannot be installed: the installation was stopped\.$"):
            waiting.result(SECONDS)
    assert list(tmp_path.iterdir()) == []
    assert has_ended(begun["pid"])
    assert not [line for line in told if "tries again" in line]


_STARTER = """
import sys
from pathlib import Path
from build_scripts.local.aws.embedded.installation import installed_packages
installed_packages(Path(sys.argv[1]))
"""


def test_pip_ends_with_whoever_started_it(pip: StubPip, tmp_path: Path) -> None:
    pip.hold()
    path = os.pathsep.join([str(pip.folder), str(ROOT)])
    command = [sys.executable, "-c", _STARTER, str(tmp_path)]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}) as starter:
        (begun,) = pip.asked(1)
        starter.kill()
    until(lambda: has_ended(begun["pid"]))


def test_two_at_once_do_not_break_each_other(pip: StubPip, tmp_path: Path) -> None:
    pip.hold()
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(installed_packages, tmp_path) for _ in range(2)]
        pip.asked(2)
        pip.release()
        first, second = (one.result(SECONDS) for one in both)
    assert first == second
    assert list(tmp_path.iterdir()) == [first]

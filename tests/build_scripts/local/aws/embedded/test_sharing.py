"""One emulator for each data folder."""

import fcntl
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from build_scripts.local.aws.embedded import services, sharing
from build_scripts.local.aws.embedded.access import answers, client_arguments
from build_scripts.local.aws.embedded.installation import EmbeddedServicesError
from build_scripts.local.aws.embedded.services import Host
from build_scripts.local.aws.embedded.sharing import open_services
from build_scripts.palier_cli.main import main
from functions.core.keys.key_changes import add_key
from functions.core.keys.key_ring_secret import change_ring, read_ring
from functions.core.keys.keys import create_key

SECRET = "palier/dev/api-keys"


def test_the_first_starts_them_and_others_use_them(embedded_host: Host, tmp_path: Path) -> None:
    with open_services(tmp_path, lambda: embedded_host) as first:
        with open_services(tmp_path, lambda: embedded_host) as second:
            assert (first.started, second.started, second.access) == (True, False, first.access)
        assert answers(first.access.url)
    assert not answers(first.access.url)
    with open_services(tmp_path, lambda: embedded_host) as third:
        assert third.started


def test_a_folder_that_is_held_in_silence_is_reported(
    embedded_host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "_WAIT_S", 0.2)
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with (
            pytest.raises(EmbeddedServicesError, match=r"^Another process holds .* and does not answer"),
            open_services(tmp_path, lambda: embedded_host),
        ):
            pass


def test_writers_at_the_same_time_lose_no_key(embedded_host: Host, tmp_path: Path) -> None:
    made = [create_key(f"press {number}")[1] for number in range(6)]
    with open_services(tmp_path, lambda: embedded_host) as endpoint:
        client = boto3.client("secretsmanager", **client_arguments(endpoint.access))
        client.create_secret(Name=SECRET)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda key: change_ring(client, SECRET, lambda ring: add_key(ring, key)), made))
        ring = read_ring(client, SECRET).ring
    assert sorted(key.id for key in ring.keys) == sorted(key.id for key in made)


@pytest.fixture
def local(
    embedded_host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run `palier keys --local`; returns exit status, standard output and standard error."""
    monkeypatch.setattr(services, "installed_packages", lambda **_: embedded_host.packages)

    def run(*arguments: str, stage: str = "dev") -> tuple[int, str, str]:
        status = main(["keys", *arguments, "--stage", stage, "--local", "--data-dir", str(tmp_path / "data")])
        return status, *capsys.readouterr()

    return run


def test_local_keys_are_kept_from_command_to_command(local: Callable[..., tuple[int, str, str]]) -> None:
    made = [json.loads(local("create", "--name", name, "--json")[1]) for name in ("press 4", "press 5")]
    new = json.loads(local("rotate", made[0]["id"], "--grace-days", "0", "--json")[1])
    assert local("revoke", made[1]["id"])[0] == 0
    status, out, err = local("list", "--json")
    assert (status, err) == (0, "")
    assert [(key["id"], key["state"]) for key in json.loads(out)["keys"]] == [
        (made[0]["id"], "expired"),
        (new["id"], "active"),
    ]
    assert json.loads(local("list", "--json", stage="prod")[1])["keys"] == []


def test_in_services_that_run_already_a_stage_must_be_deployed(
    local: Callable[..., tuple[int, str, str]], embedded_host: Host, tmp_path: Path
) -> None:
    with open_services(tmp_path / "data", lambda: embedded_host) as endpoint:
        status, _, err = local("create", "--name", "press 4")
        assert status == 2
        assert err.startswith("palier: There is no secret palier/dev/api-keys in this account and region")
        boto3.client("secretsmanager", **client_arguments(endpoint.access)).create_secret(Name=SECRET)
        assert local("create", "--name", "press 4")[0] == 0

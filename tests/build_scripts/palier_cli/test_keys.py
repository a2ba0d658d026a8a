"""`palier keys`, on moto."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from build_scripts.palier_cli.main import main
from functions.core.errors import ApiKeyInvalidError
from functions.core.keys.key_changes import add_key
from functions.core.keys.key_ring_secret import change_ring, read_ring
from functions.core.keys.keys import KeyRing, create_key

SECRET = "palier/dev/api-keys"
KEY = re.compile(r"palier_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `palier keys`; returns exit status, standard output and standard error."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, stage: str = "dev") -> tuple[int, str, str]:
        status = main(["keys", *arguments, "--stage", stage])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name=SECRET)
        yield


def created(keys: Run, *arguments: str) -> dict[str, Any]:
    status, out, err = keys("create", "--name", "press 4", "--json", *arguments)
    assert (status, err) == (0, "")
    made: dict[str, Any] = json.loads(out)
    return made


def ring() -> KeyRing:
    return read_ring(boto3.client("secretsmanager"), SECRET).ring


def refused(key: str, now: datetime | None = None) -> bool:
    try:
        ring().authenticate(key, now)
    except ApiKeyInvalidError:
        return True
    return False


@pytest.mark.usefixtures("aws")
def test_a_new_key_is_shown_once_and_works(keys: Run) -> None:
    status, out, err = keys("create", "--name", "press 4")
    (key,) = KEY.findall(out)
    stored = ring().authenticate(key)
    assert (status, err) == (0, "")
    assert (stored.name, stored.scopes, stored.expires_at) == ("press 4", ["read", "predict"], None)
    assert f"Its id is {stored.id}, its scopes are read, predict." in out
    assert key not in keys("list")[1]


@pytest.mark.usefixtures("aws")
def test_a_key_has_the_scopes_and_the_end_it_was_given(keys: Run) -> None:
    made = created(keys, "--scope", "read", "--scope", "read", "--expires-in-days", "0.5")
    stored = ring().authenticate(made["key"])
    assert stored.scopes == ["read"]
    assert stored.expires_at == datetime.fromisoformat(made["expires_at"])
    assert timedelta(hours=11) < stored.expires_at - datetime.now(UTC) <= timedelta(hours=12)
    assert set(made) == {"stage", "key", "id", "name", "scopes", "created_at", "expires_at"}
    assert (made["stage"], made["id"], made["scopes"]) == ("dev", stored.id, ["read"])


@pytest.mark.usefixtures("aws")
def test_the_list_has_neither_keys_nor_hashes(keys: Run) -> None:
    made = [created(keys), created(keys, "--expires-in-days", "30"), created(keys, "--expires-in-days", "0")]
    _, table, _ = keys("list")
    status, out, _ = keys("list", "--json")
    listed = json.loads(out)["keys"]
    assert status == 0
    assert [(key["id"], key["state"]) for key in listed] == [
        (made[0]["id"], "active"),
        (made[1]["id"], "expiring"),
        (made[2]["id"], "expired"),
    ]
    assert [row.split()[0] for row in table.splitlines()[1:]] == [one["id"] for one in made]
    secrets = [key.sha256 for key in ring().keys] + [one["key"].split("_", 2)[2] for one in made]
    assert [secret for secret in secrets if secret in table or secret in out] == []


@pytest.mark.usefixtures("aws")
def test_a_stage_without_keys_has_an_empty_list(keys: Run) -> None:
    assert json.loads(keys("list", "--json")[1]) == {"stage": "dev", "keys": []}


@pytest.mark.usefixtures("aws")
def test_a_revoked_key_is_refused_and_others_are_not(keys: Run) -> None:
    first, second = created(keys), created(keys)
    status, out, err = keys("revoke", first["id"])
    assert (status, err) == (0, "")
    assert out == f"revoked {first['id']}; functions that have read it before accept it for up to 300 s more\n"
    assert refused(first["key"])
    assert not refused(second["key"])
    assert json.loads(keys("revoke", second["id"], "--json")[1]) == {
        "stage": "dev",
        "revoked": second["id"],
        "cached_s": 300.0,
    }


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("arguments", "days"), [((), 7), (("--grace-days", "1"), 1), (("--grace-days", "0"), 0)])
def test_a_rotated_key_works_for_the_grace_period(keys: Run, arguments: tuple[str, ...], days: int) -> None:
    old = created(keys, "--scope", "read")
    status, out, _ = keys("rotate", old["id"], "--json", *arguments)
    new = json.loads(out)
    end = datetime.fromisoformat(new["replaces"]["expires_at"])
    assert status == 0
    assert (new["replaces"]["id"], new["name"], new["scopes"]) == (old["id"], "press 4", ["read"])
    assert abs(end - datetime.now(UTC) - timedelta(days=days)) < timedelta(hours=1)
    assert refused(old["key"], end)
    assert not refused(old["key"], end - timedelta(seconds=1))
    assert not refused(new["key"], end)


@pytest.mark.usefixtures("aws")
def test_rotation_never_lengthens_a_keys_life(keys: Run) -> None:
    old = created(keys, "--expires-in-days", "2")
    _, out, _ = keys("rotate", old["id"])
    (key,) = KEY.findall(out)
    assert f"It replaces {old['id']}, which ends {datetime.fromisoformat(old['expires_at']):%Y-%m-%d %H:%M} UTC." in out
    assert [one.expires_at for one in ring().keys] == [datetime.fromisoformat(old["expires_at"]), None]
    assert not refused(key)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("action", ["revoke", "rotate"])
def test_an_unknown_id_is_one_line(keys: Run, action: str) -> None:
    assert keys(action, "000000000000") == (2, "", "palier: There is no API key '000000000000'.\n")


@pytest.mark.usefixtures("aws")
def test_a_stage_that_is_not_deployed_is_named(keys: Run) -> None:
    sentence = "There is no secret palier/prod/api-keys in this account and region: deploy stage prod first."
    for arguments in (("list",), ("create", "--name", "x"), ("revoke", "000000000000")):
        assert keys(*arguments, stage="prod") == (2, "", f"palier: {sentence}\n")


@pytest.mark.usefixtures("aws")
def test_a_secret_of_something_else_is_not_quoted(keys: Run) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="swordfish")
    status, out, err = keys("create", "--name", "press 4")
    assert (status, out) == (2, "")
    assert err == "palier: The secret palier/dev/api-keys holds no key ring.\n"


def test_missing_credentials_are_one_line(keys: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    status, out, err = keys("list")
    assert (status, out) == (2, "")
    assert err.startswith("palier: There are no AWS credentials: set AWS_PROFILE, or ")
    assert err.count("\n") == 1


def test_a_missing_region_is_one_line(keys: Run) -> None:
    sentence = "There is no AWS region: set AWS_REGION, or a region in the AWS profile."
    assert keys("list") == (2, "", f"palier: {sentence}\n")


def test_a_missing_profile_is_one_line(keys: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "absent")
    status, _, err = keys("list")
    assert status == 2
    assert err.startswith("palier: There is no AWS profile 'absent': set AWS_PROFILE")


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ThrottlingException", "AWS throttles GetSecretValue, after several tries too: try again in a minute."),
        ("UnrecognizedClientException", "AWS rejects these credentials: set AWS_PROFILE"),
        ("ExpiredTokenException", "The AWS credentials have expired: set AWS_PROFILE"),
        ("AccessDeniedException", "These AWS credentials do not allow GetSecretValue: because"),
        ("InvalidRequestException", "AWS refused GetSecretValue: InvalidRequestException: because"),
    ],
)
def test_what_aws_refuses_is_one_line(keys: Run, monkeypatch: pytest.MonkeyPatch, code: str, sentence: str) -> None:
    def refuse(*_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "because"}}, "GetSecretValue")

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    status, out, err = keys("create", "--name", "press 4")
    assert (status, out) == (2, "")
    assert err.startswith(f"palier: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.usefixtures("aws")
def test_aws_that_does_not_answer_is_one_line(keys: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://aws.example.org")

    monkeypatch.setattr(BaseClient, "_make_api_call", fail)
    status, _, err = keys("list")
    assert status == 2
    assert err == "palier: AWS does not answer (EndpointConnectionError): check network and region.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("create",),
        ("create", "--name", " "),
        ("create", "--name", "two\nlines"),
        ("create", "--name", "x", "--scope", "admin"),
        ("create", "--name", "x", "--expires-in-days", "-1"),
        ("create", "--name", "x", "--expires-in-days", "nan"),
        ("rotate", "000000000000", "--grace-days", "1e9"),
        ("revoke",),
    ],
)
def test_arguments_that_cannot_be_are_refused_by_the_parser(keys: Run, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        keys(*arguments)
    assert end.value.code == 2


def test_a_folder_that_cannot_be_is_one_line(keys: Run) -> None:
    status, out, err = keys("list", "--local", "--data-dir", "/dev/null/x")
    assert (status, out) == (2, "")
    assert err == "palier: /dev/null/x cannot be used: Not a directory. See --data-dir.\n"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_key_that_could_not_be_shown_is_named(
    keys: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    status, _, err = keys("create", "--name", "press 4", *arguments)
    (stored,) = ring().keys
    assert status == 2
    assert err.startswith(f"palier: The key {stored.id} was made, and could not be shown: revoke it")


@pytest.mark.usefixtures("aws")
def test_a_name_in_the_ring_commands_no_terminal(keys: Run) -> None:
    _, stored = create_key("a\x1b[2J\nb")
    change_ring(boto3.client("secretsmanager"), SECRET, lambda ring: add_key(ring, stored))
    status, out, _ = keys("list")
    assert status == 0
    assert r"a\x1b[2J\nb" in out
    assert all(line.isprintable() for line in out.splitlines())

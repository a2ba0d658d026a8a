"""The rotation function, called as Secrets Manager calls it, on moto."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from msgspec.structs import replace
from mypy_boto3_secretsmanager import SecretsManagerClient

from functions.core.keys.key_changes import add_key, remove_key
from functions.core.keys.key_ring_secret import KeyRingInvalidError, change_ring, read_ring
from functions.core.keys.keys import ApiKey, KeyRing, create_key
from tests.conftest import ReadLog

EVENTS = Path(__file__).resolve().parents[2] / "fixtures" / "events"
MODULE = "functions.rotation.handler"
SECRET = "palier/dev/api-keys"
STEPS = ("create", "set", "test", "finish")

Rotate = Callable[..., None]


def aged(days: int, expires_in_days: int | None = None) -> ApiKey:
    now = datetime.now(UTC)
    expires_at = None if expires_in_days is None else now + timedelta(days=expires_in_days)
    return replace(create_key("press 4", expires_at=expires_at)[1], created_at=now - timedelta(days=days))


def midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


YOUNG, OLD, OVER = aged(0), aged(100), aged(10, expires_in_days=-1)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManagerClient]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        made = boto3.client("secretsmanager")
        made.create_secret(Name=SECRET)
        yield made


@pytest.fixture
def rotate(client: SecretsManagerClient) -> Rotate:
    """Run steps of one rotation, on the secret's ARN."""
    sys.modules.pop(MODULE, None)
    handler = importlib.import_module(MODULE).handler
    arn = client.describe_secret(SecretId=SECRET)["ARN"]

    def run(*steps: str) -> None:
        for step in steps or STEPS:
            handler(json.loads((EVENTS / f"rotation_{step}.json").read_text()) | {"SecretId": arn}, object())

    return run


def write(client: SecretsManagerClient, *keys: ApiKey) -> None:
    change_ring(client, SECRET, lambda _: KeyRing(keys=list(keys)))


def ring(client: SecretsManagerClient) -> list[ApiKey]:
    return read_ring(client, SECRET).ring.keys


def stages(client: SecretsManagerClient) -> dict[str, list[str]]:
    """Rotation's labels by version."""
    known = {"AWSCURRENT", "AWSPENDING"}
    versions = client.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    return {version: sorted(known & set(labels)) for version, labels in versions.items() if known & set(labels)}


TOKEN = json.loads((EVENTS / "rotation_create.json").read_text())["ClientRequestToken"]


def test_expired_keys_go_and_old_ones_are_to_end(client: SecretsManagerClient, rotate: Rotate) -> None:
    write(client, YOUNG, OLD, OVER)
    before = midnight()
    rotate()
    # The day may end meanwhile.
    assert ring(client) in [[YOUNG, replace(OLD, expires_at=one + timedelta(days=8))] for one in (before, midnight())]
    assert stages(client) == {TOKEN: ["AWSCURRENT", "AWSPENDING"]}


def test_the_settings_say_how_old_and_how_long(
    client: SecretsManagerClient, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("PALIER_API_KEYS_MAX_AGE_DAYS", "100")
    monkeypatch.setenv("PALIER_API_KEYS_GRACE_DAYS", "0")
    older = aged(101)
    write(client, aged(99), older)
    before = midnight()
    request.getfixturevalue("rotate")()
    ends = [one + timedelta(days=1) for one in (before, midnight())]
    assert [key.expires_at for key in ring(client)] in [[None, end] for end in ends]


def test_nothing_changes_before_the_last_step(client: SecretsManagerClient, rotate: Rotate) -> None:
    write(client, YOUNG, OLD, OVER)
    rotate("create", "set", "test")
    assert ring(client) == [YOUNG, OLD, OVER]
    assert stages(client)[TOKEN] == ["AWSPENDING"]


@pytest.mark.parametrize("steps", [("create", "create", "test", "finish", "finish"), (*STEPS, *STEPS)])
def test_a_step_done_again_changes_nothing(
    client: SecretsManagerClient, rotate: Rotate, steps: tuple[str, ...]
) -> None:
    write(client, YOUNG, OLD, OVER)
    rotate()
    once = client.describe_secret(SecretId=SECRET)["VersionIdsToStages"], ring(client)
    rotate(*steps)
    assert (client.describe_secret(SecretId=SECRET)["VersionIdsToStages"], ring(client)) == once


def test_a_secret_that_was_never_written_is_rotated(client: SecretsManagerClient, rotate: Rotate) -> None:
    rotate()
    assert ring(client) == []


def test_a_key_made_or_revoked_while_rotating_is_not_undone(client: SecretsManagerClient, rotate: Rotate) -> None:
    write(client, YOUNG, OLD, OVER)
    rotate("create", "set", "test")
    made = aged(0)
    change_ring(client, SECRET, lambda ring: add_key(remove_key(ring, YOUNG.id), made))
    rotate("finish")
    assert [(key.id, key.expires_at is None) for key in ring(client)] == [(OLD.id, False), (made.id, True)]
    # Secrets Manager takes a label that stays behind for a rotation under way.
    assert list(stages(client).values()) == [["AWSCURRENT"]]
    once = ring(client)
    rotate("finish")
    assert ring(client) == once


def test_a_version_that_was_not_made_fails_its_test(client: SecretsManagerClient, rotate: Rotate) -> None:
    write(client, YOUNG)
    with pytest.raises(ValueError, match=f"^The version {TOKEN} of .* holds no key ring"):
        rotate("test")


def test_a_secret_of_something_else_is_left_alone(client: SecretsManagerClient, rotate: Rotate) -> None:
    client.put_secret_value(SecretId=SECRET, SecretString="swordfish")
    with pytest.raises(KeyRingInvalidError) as failure:
        rotate()
    assert "swordfish" not in str(failure.value)
    assert client.get_secret_value(SecretId=SECRET)["SecretString"] == "swordfish"


def test_a_step_that_does_not_exist_is_refused(client: SecretsManagerClient) -> None:
    handler = importlib.import_module(MODULE).handler
    with pytest.raises(ValueError, match=r"^Rotation has no step 'undoSecret'"):
        handler({"Step": "undoSecret", "SecretId": SECRET, "ClientRequestToken": TOKEN}, object())


def test_a_missing_secret_fails(client: SecretsManagerClient, rotate: Rotate) -> None:
    client.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        rotate("create")


def test_no_hash_and_no_key_is_logged(client: SecretsManagerClient, rotate: Rotate, read_log: ReadLog) -> None:
    key, stored = create_key("press 4")
    write(client, stored)
    rotate()
    lines = read_log()
    assert [line["step"] for line in lines] == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert not any(secret in json.dumps(lines) for secret in (key, stored.sha256))

"""Changes of the secret, on moto; the race is run on a client that lets another writer in between."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from mypy_boto3_secretsmanager import SecretsManagerClient

from functions.core.keys import key_ring_secret
from functions.core.keys.key_changes import add_key, remove_key
from functions.core.keys.key_ring_secret import (
    CURRENT,
    KeyRingContendedError,
    KeyRingInvalidError,
    change_ring,
    make_current,
    put_ring,
    read_ring,
)
from functions.core.keys.keys import ApiKey, KeyRing, create_key

SECRET = "palier/dev/api-keys"
SWAP = "update_secret_version_stage"
MINE, OTHERS = create_key("press 4")[1], [create_key(f"press {number}")[1] for number in range(5, 25)]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManagerClient]:
    monkeypatch.setattr(key_ring_secret, "_PAUSE_S", 0)
    with mock_aws():
        made = boto3.client("secretsmanager", "eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
        made.create_secret(Name=SECRET)
        yield made


class Contested:
    """A client that lets another writer in just before a call."""

    def __init__(self, client: SecretsManagerClient, call: str, write: Callable[[], object]) -> None:
        self._client = client
        self._call = call
        self._write = write

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._client, name)
        return (lambda **request: (self._write(), act(**request))[1]) if name == self._call else act


class Forgetful(Contested):
    """A client whose answer to a call is lost, and which repeats it after another writer."""

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._client, name)
        return (lambda **request: (act(**request), self._write(), act(**request))[2]) if name == self._call else act


def adding(key: ApiKey) -> Callable[[KeyRing], KeyRing]:
    return lambda ring: add_key(ring, key)


def ids(client: SecretsManagerClient) -> list[str]:
    return [key.id for key in read_ring(client, SECRET).ring.keys]


def test_a_secret_that_was_never_written_is_an_empty_ring(client: SecretsManagerClient) -> None:
    found = read_ring(client, SECRET)
    assert (found.ring, found.version_id) == (KeyRing(), None)


def test_changes_follow_each_other(client: SecretsManagerClient) -> None:
    for key in OTHERS[:3]:
        change_ring(client, SECRET, adding(key))
    assert ids(client) == [key.id for key in OTHERS[:3]]


def test_what_is_stored_holds_hashes_only(client: SecretsManagerClient) -> None:
    key, stored = create_key("press 4")
    change_ring(client, SECRET, adding(stored))
    document = client.get_secret_value(SecretId=SECRET)["SecretString"]
    assert key.split("_", 2)[2] not in document
    assert json.loads(document)["keys"][0]["sha256"] == stored.sha256


def test_a_ring_of_before_is_read(client: SecretsManagerClient) -> None:
    old = {name: value for name, value in msgspec.to_builtins(MINE).items() if name != "expires_at"}
    client.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"keys": [old]}))
    assert read_ring(client, SECRET).ring == KeyRing(keys=[MINE])


def test_no_change_writes_no_version(client: SecretsManagerClient) -> None:
    change_ring(client, SECRET, adding(MINE))
    before = client.describe_secret(SecretId=SECRET)["VersionIdsToStages"]
    change_ring(client, SECRET, adding(MINE))
    assert client.describe_secret(SecretId=SECRET)["VersionIdsToStages"] == before


@pytest.mark.parametrize(
    ("written", "call"),
    [(False, "put_secret_value"), (True, "put_secret_value"), (True, SWAP)],
    ids=["before the first version", "before a version", "before the swap"],
)
def test_two_writers_lose_no_update(client: SecretsManagerClient, written: bool, call: str) -> None:
    if written:
        change_ring(client, SECRET, adding(OTHERS[0]))
    others = iter(OTHERS[1:4])

    def write() -> None:
        if other := next(others, None):
            change_ring(client, SECRET, adding(other))

    contested: Any = Contested(client, call, write)
    ring = change_ring(contested, SECRET, adding(MINE))
    expected = [key.id for key in OTHERS[0 if written else 1 : 4]] + [MINE.id]
    assert ids(client) == expected
    assert [key.id for key in ring.keys] == expected


@pytest.mark.parametrize("followed", [False, True], ids=["alone", "followed by another writer"])
def test_a_lost_answer_is_no_lost_race(client: SecretsManagerClient, followed: bool) -> None:
    change_ring(client, SECRET, adding(MINE))

    def write() -> None:
        if followed:
            change_ring(client, SECRET, adding(OTHERS[0]))

    forgetful: Any = Forgetful(client, SWAP, write)
    # Were it done again, there would be nothing to remove.
    change_ring(forgetful, SECRET, lambda ring: remove_key(ring, MINE.id))
    assert ids(client) == ([OTHERS[0].id] if followed else [])


def test_a_writer_that_always_loses_raises(client: SecretsManagerClient) -> None:
    change_ring(client, SECRET, adding(OTHERS[0]))
    others = iter(OTHERS[1:])
    contested: Any = Contested(client, SWAP, lambda: change_ring(client, SECRET, adding(next(others))))
    with pytest.raises(KeyRingContendedError, match=r"^palier/dev/api-keys was changed by others 8 times in a row"):
        change_ring(contested, SECRET, adding(MINE))
    assert ids(client) == [key.id for key in OTHERS[:9]]


def test_the_previous_ring_stays_readable(client: SecretsManagerClient) -> None:
    change_ring(client, SECRET, adding(MINE))
    change_ring(client, SECRET, adding(OTHERS[0]))
    assert read_ring(client, SECRET, "AWSPREVIOUS").ring == KeyRing(keys=[MINE])


def test_a_secret_of_something_else_is_not_overwritten(client: SecretsManagerClient) -> None:
    client.put_secret_value(SecretId=SECRET, SecretString='{"password": "swordfish"}')
    with pytest.raises(KeyRingInvalidError, match=r"^The secret palier/dev/api-keys holds no key ring\.$"):
        change_ring(client, SECRET, adding(MINE))
    assert client.get_secret_value(SecretId=SECRET)["SecretString"] == '{"password": "swordfish"}'


def test_a_ring_that_is_too_large_is_refused(client: SecretsManagerClient) -> None:
    keys = [create_key("x" * 100)[1] for _ in range(250)]
    with pytest.raises(KeyRingInvalidError, match=r"^250 keys are .* bytes; a secret holds 65536"):
        change_ring(client, SECRET, lambda _: KeyRing(keys=keys))
    assert ids(client) == []


def test_a_missing_secret_is_the_services_error(client: SecretsManagerClient) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        change_ring(client, "palier/prod/api-keys", adding(MINE))


def test_the_label_moves_only_from_where_it_is_said_to_be(client: SecretsManagerClient) -> None:
    change_ring(client, SECRET, adding(OTHERS[0]))
    first = read_ring(client, SECRET).version_id
    change_ring(client, SECRET, adding(OTHERS[1]))
    put_ring(client, SECRET, KeyRing(keys=[MINE]), "a" * 32, "AWSPENDING")
    assert make_current(client, SECRET, "a" * 32, first) is False
    assert make_current(client, SECRET, "a" * 32, None) is False
    assert read_ring(client, SECRET, CURRENT).ring == KeyRing(keys=OTHERS[:2])

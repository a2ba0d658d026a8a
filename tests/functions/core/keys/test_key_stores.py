from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core.aws.clients import forget_clients, secrets_client
from functions.core.errors import DependencyUnavailableError
from functions.core.keys.key_stores import (
    CachedKeyStore,
    FileKeyStore,
    KeyStoreSilentError,
    SecretKeyStore,
    UnconfiguredKeyStore,
    key_store,
    newest_ring,
)
from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.settings import Settings

RING = KeyRing(keys=[create_key("press 4")[1]])
SECRET = "palier/keys"
REGION = "eu-central-1"


class CountingStore:
    def __init__(self) -> None:
        self.reads = 0

    def read(self) -> KeyRing:
        self.reads += 1
        return RING


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    forget_clients()
    with mock_aws():
        yield
    forget_clients()


def test_a_file_gives_its_ring(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(write_key_ring(RING))
    assert FileKeyStore(path).read() == RING


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"keys": [{"id": "x"}]}', b"\xff\xfe\xfd"])
def test_a_file_without_a_ring_is_unavailable_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(DependencyUnavailableError, match=r"^The API key store holds no valid key ring\.$"):
        FileKeyStore(path).read()


def test_a_missing_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(DependencyUnavailableError, match=r"^The API key store cannot be read\.$"):
        FileKeyStore(tmp_path / "keys.json").read()


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("text", "ring"), [(write_key_ring(RING).decode(), RING), ("{}", KeyRing())])
def test_a_secret_gives_its_ring(text: str, ring: KeyRing) -> None:
    arn = boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=text)["ARN"]
    assert SecretKeyStore(SECRET).read() == ring
    assert SecretKeyStore(arn).read() == ring


@pytest.mark.usefixtures("aws")
def test_a_secret_that_was_never_written_is_an_empty_ring() -> None:
    boto3.client("secretsmanager").create_secret(Name=SECRET)
    assert SecretKeyStore(SECRET).read() == KeyRing()


@pytest.mark.usefixtures("aws")
def test_a_missing_secret_is_unavailable() -> None:
    with pytest.raises(DependencyUnavailableError, match=r"^The API key store cannot be read\.$"):
        SecretKeyStore(SECRET).read()


@pytest.mark.usefixtures("aws")
def test_a_secret_without_a_ring_is_unavailable() -> None:
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString="not JSON")
    with pytest.raises(DependencyUnavailableError, match="no valid key ring"):
        SecretKeyStore(SECRET).read()


def test_a_place_without_a_region_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(DependencyUnavailableError):
        SecretKeyStore(SECRET).read()


def test_a_ring_is_trusted_for_its_time_and_no_longer() -> None:
    store, clock = CountingStore(), Clock()
    cached = CachedKeyStore(store, 300, clock)
    reads = []
    for clock.now in (1000, 1299.9, 1300, 1599.9, 1600):
        assert cached.read() == RING
        reads.append(store.reads)
    assert reads == [1, 1, 2, 2, 3]


def test_zero_seconds_read_every_time() -> None:
    store = CountingStore()
    cached = CachedKeyStore(store, 0, Clock())
    cached.read()
    cached.read()
    assert store.reads == 2


def test_expire_reads_anew() -> None:
    store = CountingStore()
    cached = CachedKeyStore(store, 300, Clock())
    cached.read()
    cached.expire()
    cached.read()
    assert store.reads == 2


def test_an_unknown_key_is_looked_up_anew_but_not_with_every_request() -> None:
    store, clock = CountingStore(), Clock()
    cached = CachedKeyStore(store, 300, clock)
    reads = []
    for clock.now in (1000, 1004.9, 1005, 1006, 1010):
        assert newest_ring(cached) == RING
        reads.append(store.reads)
    assert reads == [1, 1, 2, 2, 3]
    assert newest_ring(store) == RING
    assert store.reads == 4


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    cached = CachedKeyStore(FileKeyStore(path), 300, Clock())
    with pytest.raises(DependencyUnavailableError):
        cached.read()
    path.write_bytes(write_key_ring(RING))
    assert cached.read() == RING


def silent(store: CachedKeyStore) -> bool:
    return store.is_silent


class SilentStore(CountingStore):
    """Answers until it is told to be silent, or to refuse."""

    error: DependencyUnavailableError | None = None

    def read(self) -> KeyRing:
        ring = super().read()
        if self.error:
            raise self.error
        return ring


def test_the_last_known_ring_is_served_for_an_hour_while_the_store_does_not_answer() -> None:
    store, clock = SilentStore(), Clock()
    cached = CachedKeyStore(store, 300, clock)
    assert cached.read() == RING
    assert not silent(cached)
    store.error = KeyStoreSilentError("silent")
    reads = []
    for clock.now in (1300, 1309.9, 1310, 4600):
        assert cached.read() == RING
        assert silent(cached)
        reads.append(store.reads)
    # Left alone for ten seconds after each try.
    assert reads == [2, 2, 3, 4]
    clock.now = 4600.1
    with pytest.raises(DependencyUnavailableError):
        cached.read()
    store.error, clock.now = None, 5000
    assert cached.read() == RING
    assert not silent(cached)


def test_an_unknown_key_is_not_refused_by_an_old_ring() -> None:
    store, clock = SilentStore(), Clock()
    cached = CachedKeyStore(store, 300, clock)
    cached.read()
    store.error, clock.now = KeyStoreSilentError("silent"), 1100
    with pytest.raises(DependencyUnavailableError):
        cached.newest()


def test_a_store_that_refuses_is_obeyed_at_once() -> None:
    store, clock = SilentStore(), Clock()
    cached = CachedKeyStore(store, 300, clock)
    cached.read()
    store.error, clock.now = DependencyUnavailableError("refused"), 1300
    with pytest.raises(DependencyUnavailableError, match="refused"):
        cached.read()


@pytest.mark.parametrize(
    ("code", "status", "silent"),
    [
        ("AccessDeniedException", 400, False),
        ("ThrottlingException", 400, True),
        ("InternalServiceError", 500, True),
    ],
)
@pytest.mark.usefixtures("aws")
def test_what_is_a_refusal_and_what_a_failure(
    code: str, status: int, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    error: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

    def fail(*_: object, **__: object) -> None:
        raise ClientError(error, "GetSecretValue")

    monkeypatch.setattr("functions.core.keys.key_ring_secret.read_ring", fail)
    with pytest.raises(DependencyUnavailableError) as caught:
        SecretKeyStore(SECRET).read()
    assert isinstance(caught.value, KeyStoreSilentError) is silent


@pytest.mark.usefixtures("aws")
def test_the_secret_is_asked_for_no_longer_than_a_caller_can_wait() -> None:
    config: Any = secrets_client().meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (1, 2, 2)


def test_keys_without_a_store_refuse_everybody() -> None:
    store = key_store(Settings())
    assert isinstance(store, UnconfiguredKeyStore)
    with pytest.raises(DependencyUnavailableError, match="no key store is configured"):
        store.read()


def test_no_store_where_no_keys_are_required(tmp_path: Path) -> None:
    assert key_store(Settings(api_keys_required=False, api_keys_file=tmp_path / "keys.json")) is None


@pytest.mark.usefixtures("aws")
def test_the_secret_comes_before_the_file(tmp_path: Path) -> None:
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=write_key_ring(RING).decode())
    file = tmp_path / "keys.json"
    file.write_text("{}")
    both = key_store(Settings(api_keys_secret=SECRET, api_keys_file=file))
    only_file = key_store(Settings(api_keys_file=file))
    assert both is not None
    assert only_file is not None
    assert (both.read(), only_file.read()) == (RING, KeyRing())

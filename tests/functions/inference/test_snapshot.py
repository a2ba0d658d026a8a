"""The inference function before and after a snapshot."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from functions.core.aws.clients import forget_clients
from functions.core.errors import ModelUnavailableError
from functions.core.keys.keys import KeyRing, create_key, write_key_ring
from functions.core.lambda_host.snapshot import refresh
from functions.core.settings import Settings
from functions.inference.app import create_app
from functions.inference.snapshot import prime
from tests.support.lambda_function import event_loop_of_the_process

_, KEY = create_key("test")


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    with event_loop_of_the_process():
        yield


@pytest.fixture
def without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "boto3"]:
        monkeypatch.delitem(sys.modules, name)


def test_priming_loads_the_model_and_runs_it(settings: Settings) -> None:
    app = create_app(settings)
    prime(app, settings)
    assert len(app.state.diagnoser.models._loaded) == 1


def test_a_model_that_cannot_serve_is_never_published(settings: Settings) -> None:
    broken = replace(settings, default_model="absent")
    with pytest.raises(ModelUnavailableError):
        prime(create_app(broken), broken)


@pytest.mark.usefixtures("without_boto3")
def test_what_reads_a_secret_is_in_the_snapshot_but_no_key(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    forget_clients()
    locked = replace(settings, api_keys_required=True, api_keys_secret="palier/dev/api-keys")
    app = create_app(locked)
    prime(app, locked)
    assert "boto3" in sys.modules
    assert app.state.key_store._cache._kept is None


def test_keys_are_read_anew_after_a_restore(settings: Settings, tmp_path: Path) -> None:
    store = tmp_path / "keys.json"
    store.write_text("{}")
    app = create_app(replace(settings, api_keys_required=True, api_keys_file=store))
    assert app.state.key_store.read() == KeyRing()
    store.write_bytes(write_key_ring(KeyRing(keys=[KEY])))
    assert app.state.key_store.read() == KeyRing()
    refresh(app)
    assert app.state.key_store.read() == KeyRing(keys=[KEY])


def test_without_keys_there_is_nothing_to_forget(settings: Settings) -> None:
    refresh(create_app(settings))

"""`palier keys`: the API keys of a stage, in AWS Secrets Manager."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_scripts.palier_cli.aws import aws_errors, aws_session
from build_scripts.palier_cli.keys_report import as_json, print_keys, print_new_key
from build_scripts.palier_cli.terminal import OutputError, notify, screen, write, write_json
from functions.core.errors import PalierError
from functions.core.keys.key_changes import add_key, expire_key, find_key, remove_key
from functions.core.keys.key_ring_secret import change_ring, read_ring
from functions.core.keys.keys import SCOPES, ApiKey, KeyRing, Scope, create_key
from functions.core.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LOCAL_DATA = Path(__file__).resolve().parents[2] / "build" / "embedded" / "data"


class DataFolderError(PalierError):
    """The folder of the embedded services cannot be used."""

    code = "data_folder_unusable"


@dataclass(frozen=True)
class StageKeys:
    """The key ring of one stage: the client that reaches it and the secret's name."""

    client: "SecretsManagerClient"
    secret_id: str

    def read(self) -> KeyRing:
        """Return the ring."""
        return read_ring(self.client, self.secret_id).ring

    def change(self, change: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """Change the ring and return it as it is then."""
        return change_ring(self.client, self.secret_id, change)


def create(arguments: argparse.Namespace) -> int:
    """Make a key, store its hash, show it once."""
    key, stored = create_key(arguments.name, _scopes(arguments), _expiry(arguments))
    with _stage_keys(arguments) as keys:
        keys.change(lambda ring: add_key(ring, stored))
    with _showing(stored):
        if arguments.json:
            _print_json(arguments, {"key": key} | as_json(stored))
        else:
            print_new_key(key, stored, arguments.stage)
    return 0


def list_keys(arguments: argparse.Namespace) -> int:
    """List the keys by id; a ring holds no key, and hashes are not shown."""
    with _stage_keys(arguments) as keys:
        ring = keys.read()
    now = datetime.now(UTC)
    if arguments.json:
        _print_json(arguments, {"keys": [as_json(key, now) for key in ring.keys]})
    else:
        with screen() as console:
            print_keys(console, ring, now)
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """Remove a key by its id."""
    with _stage_keys(arguments) as keys:
        keys.change(lambda ring: remove_key(ring, arguments.id))
    if arguments.json:
        _print_json(arguments, {"revoked": arguments.id, "cached_s": _cached_s()})
    else:
        write(
            f"revoked {arguments.id}; functions that have read it before accept it for up to {_cached_s():g} s more\n"
        )
    return 0


def rotate(arguments: argparse.Namespace) -> int:
    """Make a key with name and scopes of an old one, which ends after a grace period."""
    until = datetime.now(UTC) + timedelta(days=arguments.grace_days)
    with _stage_keys(arguments) as keys:
        old = find_key(keys.read(), arguments.id)
        key, stored = create_key(old.name, tuple(old.scopes), _expiry(arguments))
        ring = keys.change(lambda ring: add_key(expire_key(ring, old.id, until), stored))
    ending = find_key(ring, old.id)
    with _showing(stored):
        if arguments.json:
            _print_json(arguments, {"key": key} | as_json(stored) | {"replaces": as_json(ending)})
        else:
            print_new_key(key, stored, arguments.stage, ending)
    return 0


@contextmanager
def _stage_keys(arguments: argparse.Namespace) -> Iterator[StageKeys]:
    secret_id = f"palier/{arguments.stage}/api-keys"
    missing = f"There is no secret {secret_id} in this account and region: deploy stage {arguments.stage} first."
    with aws_errors({"ResourceNotFoundException": missing}):
        if not arguments.local:
            yield StageKeys(_client(), secret_id)
            return
        # Late: only --local needs it.
        from build_scripts.local.aws.embedded.access import client_arguments
        from build_scripts.local.aws.embedded.services import this_host
        from build_scripts.local.aws.embedded.sharing import open_services

        with ExitStack() as stack:
            try:
                endpoint = stack.enter_context(open_services(arguments.data_dir, lambda: this_host(notify)))
            except OSError as error:
                raise DataFolderError(
                    f"{arguments.data_dir} cannot be used: {error.strerror}. See --data-dir."
                ) from None
            client = _client(**client_arguments(endpoint.access))
            if endpoint.started:
                _deploy_secret(client, secret_id)
            yield StageKeys(client, secret_id)


@contextmanager
def _showing(stored: ApiKey) -> Iterator[None]:
    """Report a new key that could not be shown, by its id: it is never shown again."""
    try:
        yield
    except (OutputError, BrokenPipeError):
        raise OutputError(
            f"The key {stored.id} was made, and could not be shown: revoke it, and make another where it can."
        ) from None


def _client(**where: Any) -> "SecretsManagerClient":
    # Late: as boto3.
    from botocore.config import Config

    # Standard retries repeat what was throttled, with pauses.
    retries = Config(retries={"mode": "standard", "total_max_attempts": 6})
    client: SecretsManagerClient = aws_session().client("secretsmanager", config=retries, **where)
    return client


def _deploy_secret(client: "SecretsManagerClient", secret_id: str) -> None:
    """Make the secret of a stage in services that were started just now, as a deployment does."""
    try:
        client.create_secret(Name=secret_id)
    except client.exceptions.ResourceExistsException:
        return


def _scopes(arguments: argparse.Namespace) -> tuple[Scope, ...]:
    return tuple(dict.fromkeys(arguments.scope or SCOPES))


def _expiry(arguments: argparse.Namespace) -> datetime | None:
    days = arguments.expires_in_days
    return None if days is None else datetime.now(UTC) + timedelta(days=days)


def _cached_s() -> float:
    return float(Settings().api_keys_cache_s)


def _print_json(arguments: argparse.Namespace, content: dict[str, Any]) -> None:
    write_json({"stage": arguments.stage} | content)

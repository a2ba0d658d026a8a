"""AWS Lambda's entry point of the rotation function: expires old API keys in a secret; it creates and prints none."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypedDict

from functions.core.keys.key_changes import expire_old_keys
from functions.core.keys.key_ring_secret import CURRENT, PENDING, change_ring, make_current, put_ring, read_ring
from functions.core.keys.keys import KeyRing
from functions.core.observability.telemetry import LOGGER, configure_logging
from functions.core.settings import get_settings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

settings = get_settings()
configure_logging(settings.log_level)


class RotationEvent(TypedDict):
    """The event of a rotation step. Source: AWS Secrets Manager user guide, "Lambda rotation functions"."""

    Step: Literal["createSecret", "setSecret", "testSecret", "finishSecret"]
    SecretId: str
    ClientRequestToken: str


class RotationStepError(ValueError):
    """A rotation step that cannot be done; Secrets Manager repeats the rotation later."""


def handler(event: RotationEvent, context: object) -> None:
    """Do one step of a rotation; the same step once more changes nothing.

    Raises:
        RotationStepError: no such step, or the pending ring is not of this rotation.
        PalierError, ClientError: the secret cannot be read or written.
    """
    # Late: boto3 comes with the Lambda runtime.
    import boto3

    client = boto3.client("secretsmanager")
    secret_id, token = event["SecretId"], event["ClientRequestToken"]
    match event["Step"]:
        case "createSecret":
            _create(client, secret_id, token)
        case "setSecret":
            # The functions read the secret itself: there is no other place to set a key.
            pass
        case "testSecret":
            _test(client, secret_id, token)
        case "finishSecret":
            _finish(client, secret_id, token)
        case unknown:
            raise RotationStepError(f"Rotation has no step {unknown!r}.")
    LOGGER.info("rotation", extra={"step": event["Step"]})


def _expired(ring: KeyRing) -> KeyRing:
    age, grace = timedelta(days=settings.api_keys_max_age_days), timedelta(days=settings.api_keys_grace_days)
    return expire_old_keys(ring, datetime.now(UTC), age, grace)


def _create(client: "SecretsManagerClient", secret_id: str, token: str) -> None:
    if token not in (read_ring(client, secret_id, stage).version_id for stage in (CURRENT, PENDING)):
        put_ring(client, secret_id, _expired(read_ring(client, secret_id).ring), token, PENDING)


def _test(client: "SecretsManagerClient", secret_id: str, token: str) -> None:
    """Check that the pending ring can be read, as the functions will read it."""
    if token not in (read_ring(client, secret_id, stage).version_id for stage in (CURRENT, PENDING)):
        raise RotationStepError(f"The version {token} of {secret_id} holds no key ring.")


def _finish(client: "SecretsManagerClient", secret_id: str, token: str) -> None:
    current, pending = read_ring(client, secret_id), read_ring(client, secret_id, PENDING)
    if token == current.version_id:
        return
    unchanged = token == pending.version_id and pending.ring == _expired(current.ring)
    if unchanged and make_current(client, secret_id, token, current.version_id):
        return
    # A key was created or revoked since createSecret: the pending ring would undo that.
    change_ring(client, secret_id, _expired)
    if token == pending.version_id:
        client.update_secret_version_stage(SecretId=secret_id, VersionStage=PENDING, RemoveFromVersionId=token)

"""The key ring in a secret of AWS Secrets Manager: reads, and changes that keep those of concurrent writers."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.core.aws.retry import tries
from functions.core.errors import PalierError
from functions.core.keys.keys import KeyRing, KeyRingError, read_key_ring, write_key_ring

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT = "AWSCURRENT"
PREVIOUS = "AWSPREVIOUS"
PENDING = "AWSPENDING"
# A label of our own: AWSPENDING belongs to the rotation that may be under way.
_WRITING = "PALIERWRITING"
# Source: AWS Secrets Manager user guide, "AWS Secrets Manager quotas": secret value size.
_LARGEST_BYTES = 65_536
# Of ResourceNotFoundException, where the secret is there and has no value; a secret that is missing has no label.
_WITHOUT_VALUE = "staging label: "
_ATTEMPTS = 8
_PAUSE_S = 0.1

Change = Callable[[KeyRing], KeyRing]


class KeyRingInvalidError(PalierError):
    """A secret that holds no key ring, or a ring too large for a secret."""

    code = "key_ring_invalid"


class KeyRingContendedError(PalierError):
    """A change that other writers came before at every attempt."""

    code = "key_ring_contended"


@dataclass(frozen=True)
class RingVersion:
    """A key ring and the id of the secret's version that holds it; None before the first one."""

    ring: KeyRing
    version_id: str | None


def read_ring(client: "SecretsManagerClient", secret_id: str, stage: str = CURRENT) -> RingVersion:
    """Read the ring that a staging label is on; without a value under that label it is an empty ring.

    Raises:
        KeyRingInvalidError: the secret holds something else.
        ClientError, BotoCoreError: it cannot be read.
    """
    try:
        answer = client.get_secret_value(SecretId=secret_id, VersionStage=stage)
    except client.exceptions.ResourceNotFoundException as error:
        if _WITHOUT_VALUE not in str(error):
            # This raises where the secret is missing, and where it may only be read.
            client.describe_secret(SecretId=secret_id)
        return RingVersion(KeyRing(), None)
    try:
        return RingVersion(read_key_ring(answer.get("SecretString") or "{}"), answer["VersionId"])
    except KeyRingError as error:
        raise KeyRingInvalidError(f"The secret {secret_id} holds no key ring.") from error


def put_ring(client: "SecretsManagerClient", secret_id: str, ring: KeyRing, version_id: str, stage: str) -> None:
    """Write a ring as a new version under a staging label; the same once more changes nothing.

    Raises:
        KeyRingInvalidError: it is too large for a secret.
        ClientError, BotoCoreError: it cannot be written.
    """
    document = write_key_ring(ring).decode()
    if len(document) > _LARGEST_BYTES:
        raise KeyRingInvalidError(
            f"{len(ring.keys)} keys are {len(document)} bytes; a secret holds {_LARGEST_BYTES}: revoke some first."
        )
    client.put_secret_value(
        SecretId=secret_id, ClientRequestToken=version_id, SecretString=document, VersionStages=[stage]
    )


def make_current(client: "SecretsManagerClient", secret_id: str, version_id: str, instead_of: str | None) -> bool:
    """Move AWSCURRENT to a version if it is still on the named one, and return whether the version became current.

    Secrets Manager compares and swaps: it refuses when the label is on another version than the named one.
    Source: AWS Secrets Manager API reference, UpdateSecretVersionStage, RemoveFromVersionId.
    """
    removed = {"RemoveFromVersionId": instead_of} if instead_of else {}
    try:
        client.update_secret_version_stage(
            SecretId=secret_id, VersionStage=CURRENT, MoveToVersionId=version_id, **removed
        )
    except (client.exceptions.InvalidParameterException, client.exceptions.ResourceNotFoundException):
        # No refusal: an answer that was lost, or a secret's first version, which gets the label by itself.
        return not _labels(client, secret_id, version_id).isdisjoint({CURRENT, PREVIOUS})
    return True


def change_ring(client: "SecretsManagerClient", secret_id: str, change: Change) -> KeyRing:
    """Apply a change to the current ring, again for as long as another writer comes in between.

    Returns:
        The ring as it is now.

    Raises:
        KeyRingInvalidError: the secret holds something else, or the ring is too large for it.
        KeyRingContendedError: others came in between every time.
        ClientError, BotoCoreError: the secret cannot be read or written.
    """
    for _ in tries(_ATTEMPTS, _PAUSE_S):
        current = read_ring(client, secret_id)
        ring = change(current.ring)
        if ring == current.ring:
            return ring
        version_id = str(uuid.uuid4())
        put_ring(client, secret_id, ring, version_id, _WRITING)
        if make_current(client, secret_id, version_id, current.version_id):
            return ring
    raise KeyRingContendedError(f"{secret_id} was changed by others {_ATTEMPTS} times in a row: try again.")


def _labels(client: "SecretsManagerClient", secret_id: str, version_id: str) -> set[str]:
    return set(client.describe_secret(SecretId=secret_id).get("VersionIdsToStages", {}).get(version_id, []))

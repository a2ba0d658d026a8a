"""What a caller submits: recordings in one of three ways, and what is asked of them."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from functions.core.decoding.fast_json import plain, read_json
from functions.core.decoding.formats import FILE_MEDIA_TYPES, NPY
from functions.core.decoding.json_body import decode_json_batch
from functions.core.errors import (
    BatchTooLargeError,
    EmptyBodyError,
    JobInvalidError,
    JobTooLargeError,
    MalformedBodyError,
    PalierError,
    SignalMissingError,
)
from functions.core.http.addresses import check_url
from functions.core.models.options import DiagnosisOptions, SampleFormat
from functions.core.preprocessing.signal import Recording

# Safe in a key, a file name, a cell of a spreadsheet and a log.
_NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}(?![\s\S])"

if TYPE_CHECKING:
    FileMediaType: TypeAlias = str
else:
    # The types of the table: no type checker reads a Literal that is made of data, msgspec does.
    FileMediaType = Literal[FILE_MEDIA_TYPES]


class OwnOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked of one recording, beside what is asked of all."""

    sample_rate_hz: float | None = None
    asset_id: str | None = None
    recorded_at: str | None = None
    channel: str | None = None
    full_scale: float | None = None
    sample_format: SampleFormat | None = None

    def options(self) -> dict[str, Any]:
        """Return its options of a diagnosis."""
        given: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in given.items() if name in DiagnosisOptions.__struct_fields__}


class RecordingOptions(OwnOptions, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A recording that comes inline."""

    name: Annotated[
        Annotated[str, Meta(pattern=_NAME)] | None,
        Meta(description="Tells it apart in the results. Default: its index."),
    ] = None


class UploadedFile(OwnOptions, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A file that is to be uploaded."""

    name: Annotated[str, Meta(pattern=_NAME, description="File name; tells it apart in the results.")]
    content_type: FileMediaType
    recordings: Annotated[
        int,
        Meta(ge=1, le=10_000, description="Equally long recordings in it, one behind the other; only of raw samples."),
    ] = 1

    @property
    def names(self) -> list[str]:
        """The names of its recordings in the results."""
        return [self.name] if self.recordings == 1 else [f"{self.name}#{place}" for place in range(self.recordings)]


class WebhookTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to call when the job is over."""

    url: Annotated[str, Meta(max_length=2048, description="https, a public host, port 443 or 8443.")]
    secret: Annotated[
        str, Meta(min_length=16, max_length=256, description="Signs what is sent; it is never shown again.")
    ]


@dataclass(frozen=True)
class Submission:
    """A submission that was read: one of signals, uploads and prefix; options of the diagnosis, common to all."""

    options: Mapping[str, Any]
    signals: Sequence[Recording] = ()
    recordings: Sequence[RecordingOptions] = ()
    uploads: Sequence[UploadedFile] = ()
    prefix: str | None = None
    webhook: WebhookTarget | None = field(default=None, repr=False)


def read_submission(body: bytes, most: int) -> Submission:
    """Read the body of a submission.

    Args:
        body: the JSON text.
        most: recordings that are taken.

    Raises:
        JobTooLargeError: more signals.
        MalformedBodyError: not JSON.
        JobInvalidError, WebhookRefusedError, UnusableError: it cannot become a job; `field` names the member.
    """
    signals, members = _members(body, most)
    webhook = _convert(members.pop("webhook", None), WebhookTarget | None, "webhook")
    uploads = _convert(members.pop("uploads", []), list[UploadedFile], "uploads")
    recordings = _convert(members.pop("recordings", []), list[RecordingOptions], "recordings")
    prefix = _convert(members.pop("prefix", None), str | None, "prefix")
    if (signals is not None) + bool(uploads) + (prefix is not None) != 1:
        raise JobInvalidError("A job needs exactly one of signals, uploads and prefix.")
    if recordings and len(recordings) != len(signals or ()):
        raise JobInvalidError("recordings must have one entry for each of signals.", field="recordings")
    if webhook is not None:
        check_url(webhook.url)
    _check_options(members, recordings, "recordings")
    _check_options(members, uploads, "uploads")
    return Submission(members, signals or (), recordings, uploads, prefix, webhook)


def npy_file(recording: Recording) -> bytes:
    """Return a recording as the bytes of a npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, recording.samples, allow_pickle=False)
    return stream.getvalue()


INLINE_MEDIA_TYPE = NPY


def _members(body: bytes, most: int) -> tuple[list[Recording] | None, dict[str, Any]]:
    """Return the signals, or None where there are none, and the other members."""
    if not body.strip():
        raise EmptyBodyError
    if b'"signals"' in body:
        try:
            content = decode_json_batch(body, most)
        except SignalMissingError:
            # The word stands elsewhere.
            return None, _object(body)
        except BatchTooLargeError:
            raise JobTooLargeError(f"A job may have {most} recordings.", field="signals") from None
        return content.recordings, {name: plain(value) for name, value in content.options.items()}
    return None, _object(body)


def _object(body: bytes) -> dict[str, Any]:
    members = read_json(body)
    if not isinstance(members, dict):
        raise MalformedBodyError("The JSON body must be an object.")
    return members


def _convert(value: Any, kind: Any, member: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
        where = member + place.rstrip("`")
        raise JobInvalidError(f"{where} cannot be used: {reason.replace('`', '')}.", field=where) from None


def _check_options(members: Mapping[str, Any], recordings: Sequence[OwnOptions], member: str) -> None:
    DiagnosisOptions.parse(members)
    for index, recording in enumerate(recordings):
        try:
            DiagnosisOptions.parse({**members, **recording.options()})
        except PalierError as error:
            error.field = f"{member}[{index}].{error.field}"
            raise

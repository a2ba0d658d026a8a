"""Reader of a submission: recordings in one of three ways, their options, and a webhook."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Raw

from functions.core.decoding.formats import FILE_MEDIA_TYPES, NPY
from functions.core.decoding.json_body import decode_json_batch
from functions.core.errors import JobInvalidError, PalierError, SampleRateError
from functions.core.http.addresses import check_url
from functions.core.models.manifest import SLUG
from functions.core.models.options import Delimiter, DiagnosisOptions, SampleFormat, TimeUnit
from functions.core.preprocessing.signal import Recording, Unit
from functions.jobs.members import LONGEST_TEXT, NAME, Members, check_count, find_members, read_member, read_options

# The answer has a form for each file, and Lambda limits its size.
MOST_UPLOADS = 1_000
# The longest key of an object of S3, behind `s3://` and the name of a bucket.
LONGEST_PREFIX = 1_100
# Of one recording: a hundred of them travel in one message.
MOST_OWN_CONDITIONS = 16
CONDITION_NAME = SLUG + r"(?![\s\S])"

if TYPE_CHECKING:
    FileMediaType: TypeAlias = str
else:
    # From the table of formats: msgspec reads a Literal that is made of data, type checkers do not.
    FileMediaType = Literal[FILE_MEDIA_TYPES]


Prefix = Annotated[str, Meta(max_length=LONGEST_PREFIX)]
_NULL = Raw(b"null")
_Entry = TypeVar("_Entry", bound="OwnOptions")


class OwnOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked of one recording, beside what is asked of all."""

    sample_rate_hz: float | None = None
    asset_id: str | None = None
    recorded_at: Annotated[str, Meta(max_length=64)] | None = None
    channel: Annotated[str, Meta(max_length=LONGEST_TEXT)] | None = None
    full_scale: float | None = None
    sample_format: SampleFormat | None = None
    skip_rows: int | None = None
    time_column: Annotated[str, Meta(max_length=LONGEST_TEXT)] | None = None
    time_unit: TimeUnit | None = None
    delimiter: Delimiter | None = None
    charset: Annotated[str, Meta(max_length=40)] | None = None
    unit: Unit | None = None
    conditions: Annotated[
        dict[Annotated[str, Meta(pattern=CONDITION_NAME)], float],
        Meta(max_length=MOST_OWN_CONDITIONS, description="Of its own, name by name before those of all."),
    ] = {}
    shaft_speed_rpm: float | None = None
    bearing: Annotated[str, Meta(max_length=64)] | None = None
    bpfo_order: float | None = None
    bpfi_order: float | None = None
    bsf_order: float | None = None
    ftf_order: float | None = None
    rolling_elements: int | None = None
    element_diameter: float | None = None
    pitch_diameter: float | None = None
    contact_angle_deg: float | None = None

    def options(self) -> dict[str, Any]:
        """Return its options of a diagnosis."""
        given: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in given.items() if name in DiagnosisOptions.__struct_fields__}


class RecordingOptions(OwnOptions, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A recording that comes inline."""

    name: Annotated[
        Annotated[str, Meta(pattern=NAME)] | None,
        Meta(description="Its name in the results. Default: its index."),
    ] = None


class UploadedFile(OwnOptions, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A file that is to be uploaded."""

    name: Annotated[str, Meta(pattern=NAME, description="File name, and its name in the results.")]
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
    """A submission that was read: one of signals, uploads and prefix, and the options common to all recordings."""

    options: Mapping[str, Any]
    signals: Sequence[Recording] = ()
    recordings: Sequence[RecordingOptions] = ()
    uploads: Sequence[UploadedFile] = ()
    prefix: str | None = None
    webhook: WebhookTarget | None = field(default=None, repr=False)


def read_submission(body: bytes, most: int) -> Submission:
    """Read the body of a submission.

    Args:
        body: its JSON text.
        most: recordings that a job may have.

    Raises:
        MalformedBodyError: not JSON.
        JobTooLargeError: more recordings or uploads than a job may have; none of them is built then.
        JobInvalidError, WebhookRefusedError, UnusableError: no job can be made of it; `field` names the member.
    """
    members = find_members(body)
    options = read_options(members)
    webhook: WebhookTarget | None = read_member(members.get("webhook", _NULL), WebhookTarget | None, "webhook")
    prefix: str | None = read_member(members.get("prefix", _NULL), Prefix | None, "prefix")
    uploads = _read_list(members, "uploads", UploadedFile, MOST_UPLOADS)
    recordings = _read_list(members, "recordings", RecordingOptions, most)
    if ("signals" in members) + bool(uploads) + (prefix is not None) != 1:
        raise JobInvalidError("A job needs exactly one of signals, uploads and prefix.")
    if webhook is not None:
        check_url(webhook.url)
    _check_options(options, uploads, "uploads")
    _check_options(options, recordings, "recordings")
    signals = _read_signals(members["signals"], most) if "signals" in members else ()
    if recordings and len(recordings) != len(signals):
        raise JobInvalidError("recordings must have one entry for each of signals.", field="recordings")
    return Submission(options, signals, recordings, uploads, prefix, webhook)


def npy_file(recording: Recording) -> bytes:
    """Return a recording as the bytes of a npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, recording.samples, allow_pickle=False)
    return stream.getvalue()


INLINE_MEDIA_TYPE = NPY


def _read_list(members: Members, name: str, kind: type[_Entry], most: int) -> list[_Entry]:
    text = members.get(name)
    if text is None:
        return []
    check_count(text, most, name)
    entries: list[_Entry] = read_member(text, list[kind], name)  # type: ignore[valid-type]
    return entries


def _read_signals(text: Raw, most: int) -> list[Recording]:
    check_count(text, most, "signals")
    return decode_json_batch(b'{"signals":%b}' % bytes(text), most).recordings


def _check_options(common: Mapping[str, Any], recordings: Sequence[OwnOptions], member: str) -> None:
    _check(common)
    for index, recording in enumerate(recordings):
        try:
            _check({**common, **recording.options()})
        except PalierError as error:
            error.field = f"{member}[{index}].{error.field}"
            raise


def _check(values: Mapping[str, Any]) -> None:
    options = DiagnosisOptions.parse(values)
    if options.machine_group is not None or options.foundation is not None:
        # Late: few jobs ask for a severity.
        from functions.core.preprocessing.severity import check_machine

        check_machine(options.machine_group, options.foundation)
    rate_hz = options.sample_rate_hz
    # A rate may be sent as text, and JSON would store one that is not finite as null, which means the default.
    if rate_hz is not None and not math.isfinite(rate_hz):
        raise SampleRateError(f"The sample rate {rate_hz:g} Hz is not a finite number.")

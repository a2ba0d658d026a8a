"""The table of recording formats: names, media types, file endings, options, and the decoder of each.

It is the one source of media types and file endings, for the endpoints, jobs, the OpenAPI document, the command line,
and the page, whose table is generated from this one.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from functions.core.decoding.delimited import TextOptions, decode_csv
from functions.core.decoding.flac import decode_flac
from functions.core.decoding.foreign import other_than_json, recognize
from functions.core.decoding.npy import decode_npy, decode_npy_batch
from functions.core.decoding.raw import decode_raw
from functions.core.decoding.wav import decode_wav
from functions.core.errors import EmptyBodyError, MalformedBodyError, UnsupportedMediaTypeError
from functions.core.models.options import DiagnosisOptions
from functions.core.preprocessing.signal import Recording

Body = bytes | memoryview

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
RAW = "application/octet-stream"
WAV = "audio/wav"
FLAC = "audio/flac"
# Not a format itself: a form carries a file of one.
FORM = "multipart/form-data"


class Format(Struct, frozen=True, kw_only=True):
    """A format of files; one without a media type is read by the command line or the page, and sent as another.

    Args:
        name: of its reader in the page.
        label: its name in the command line's help.
        endings: of file names, in lower case; the command line takes them all.
        is_read_by_page: whether the page reads it too, to draw it.
    """

    name: str
    label: str
    endings: tuple[str, ...]
    is_read_by_page: bool = False


class ServedFormat(Format, frozen=True, kw_only=True):
    """A format that the service decodes.

    Args:
        decode: from bytes, and the options that apply as keywords, to a recording.
        description: of a body, for the OpenAPI document.
        is_text: whether a body is text.
        aliases: other media types that mean the same.
        options: the request's options that `decode` takes, as keywords of their names.
        decode_batch: from bytes, the most recordings and `full_scale` to many recordings, where one body holds them.
        batch_description: of such a body, for the OpenAPI document.
        reads_views: whether `decode` reads a view of bytes without a copy.
        job_endings: endings of the files that a job takes where it names them by a prefix.
        page_uploads: endings of the files that the page uploads to a job unchanged; it reads and converts others.
    """

    media_type: str
    decode: Callable[..., Recording]
    description: str
    is_text: bool = False
    aliases: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    decode_batch: Callable[[bytes, int, float | None], list[Recording]] | None = None
    batch_description: str = ""
    reads_views: bool = False
    job_endings: tuple[str, ...] = ()
    page_uploads: tuple[str, ...] = ()


# Of raw samples or of text: people call both so.
ANY_DATA = ".dat"
SERVED_FORMATS = (
    ServedFormat(
        name="raw",
        label="raw samples",
        endings=(".bin", ".raw", ".f32", ANY_DATA),
        media_type=RAW,
        decode=decode_raw,
        description="float32, or what `sample_format` names, one channel.",
        options=("full_scale", "sample_format"),
        reads_views=True,
        is_read_by_page=True,
        job_endings=(".f32",),
        page_uploads=(".f32",),
    ),
    ServedFormat(
        name="npy",
        label=".npy",
        endings=(".npy",),
        media_type=NPY,
        decode=decode_npy,
        description="Floats, or integers with `full_scale`; [samples] or [channels, samples].",
        options=("full_scale",),
        decode_batch=decode_npy_batch,
        batch_description="[recordings, (channels,) samples].",
        is_read_by_page=True,
        job_endings=(".npy",),
    ),
    ServedFormat(
        name="delimited",
        label=".csv",
        endings=(".csv", ".tsv", ".txt"),
        media_type=CSV,
        aliases=("application/csv", "text/plain", "text/tab-separated-values", "application/vnd.ms-excel"),
        decode=decode_csv,
        description="One column a channel, or one recording a row; a column of times gives the rate.",
        options=tuple(TextOptions.__annotations__),
        is_text=True,
        is_read_by_page=True,
        job_endings=(".csv",),
        page_uploads=(".csv",),
    ),
    ServedFormat(
        name="wav",
        label=".wav",
        endings=(".wav",),
        media_type=WAV,
        aliases=("audio/x-wav", "audio/wave", "audio/vnd.wave"),
        decode=decode_wav,
        description="PCM of 8 to 32 bits, or float.",
        options=("full_scale",),
        is_read_by_page=True,
        job_endings=(".wav",),
        page_uploads=(".wav",),
    ),
    ServedFormat(
        name="flac",
        label=".flac",
        endings=(".flac",),
        media_type=FLAC,
        aliases=("audio/x-flac",),
        decode=decode_flac,
        description="PCM of 8 to 24 bits, compressed without loss.",
        options=("full_scale",),
        job_endings=(".flac",),
        page_uploads=(".flac",),
    ),
)
MATLAB = Format(name="matlab", label=".mat", endings=(".mat",), is_read_by_page=True)
# A JSON body is a request; a JSON file is an export of a program or a database.
JSON_FILE = Format(name="json", label="JSON", endings=(".json", ".jsonl", ".ndjson"))
AIFF = Format(name="aiff", label="AIFF", endings=(".aif", ".aiff", ".aifc"))
# Formats of instruments, and others that hold variables: only the command line reads them.
_OF_FILES = (
    Format(name="hdf5", label="HDF5", endings=(".h5", ".hdf5", ".hdf")),
    Format(name="npz", label=".npz", endings=(".npz",)),
    Format(name="uff", label="UFF 58", endings=(".uff", ".unv", ".ufb")),
    Format(name="tdms", label="TDMS", endings=(".tdms",)),
    Format(name="lvm", label="LVM", endings=(".lvm",)),
    Format(name="mdf", label="MDF", endings=(".mf4", ".mdf", ".mf3")),
)
FORMATS: tuple[Format, ...] = (*SERVED_FORMATS, MATLAB, AIFF, JSON_FILE, *_OF_FILES)

FILE_MEDIA_TYPES = tuple(one.media_type for one in SERVED_FORMATS)
MEDIA_TYPES = (JSON, *FILE_MEDIA_TYPES)
# Decoders of bodies that hold many recordings, by media type.
BATCH_DECODERS = {one.media_type: one.decode_batch for one in SERVED_FORMATS if one.decode_batch}
BATCH_MEDIA_TYPES = (JSON, *BATCH_DECODERS)
PREDICT_MEDIA_TYPES = (*MEDIA_TYPES, FORM)

_BY_MEDIA_TYPE: Mapping[str, ServedFormat] = {one.media_type: one for one in SERVED_FORMATS}
_DEFAULTS = DiagnosisOptions()
# What to do with files of formats that are not served: the end of a message.
_ADVICE = {
    "gzip": "unpack them, or send them with Content-Encoding: gzip",
    "zip": "unpack them, or read an .npz with `palier diagnose`",
    "7z": "unpack them",
    "RAR": "unpack them",
    "XZ": "unpack them",
    "tar": "unpack them",
    "bzip2": "unpack them",
    "a pickle": "save the array with numpy.save, which no reader has to trust",
    "UFF": "`palier diagnose` reads them",
    "TDMS": "`palier diagnose` reads them",
    "MDF": "`palier diagnose` reads them",
    "AIFF": "`palier diagnose` reads them",
    "an Office document": "save the sheet as CSV",
    "Excel (.xls)": "save the sheet as CSV",
    "Zstandard": "unpack them",
    "catman": "export them from catman as ASCII or MATLAB",
    "imc FAMOS": "export them from FAMOS as ASCII or MATLAB",
    "Parquet": "save the table as CSV",
    "Arrow": "save the table as CSV",
    "SQLite": "save the table as CSV",
    "MATLAB": "`palier diagnose` reads them",
    "HDF5": "`palier diagnose` reads them",
}
# Control characters that no text has; 0 is left out, which UTF-16 and UTF-32 have.
_NOT_TEXT = re.compile(rb"[\x01-\x08\x0b\x0e-\x1f\x7f]")
_HEAD_BYTES = 256
_ALIASES = {alias: one.media_type for one in SERVED_FORMATS for alias in one.aliases}


def media_type(content_type: str | None, accepted: tuple[str, ...] = MEDIA_TYPES) -> str:
    """Return the accepted media type a Content-Type header names, without its parameters.

    Raises:
        UnsupportedMediaTypeError: it is missing or not accepted; the message names those that are.
    """
    name = (content_type or "").partition(";")[0].strip().lower()
    name = _ALIASES.get(name, name)
    if name not in accepted:
        given = f"Content-Type {name[:80]!r} is not accepted" if name else "The Content-Type is missing"
        raise UnsupportedMediaTypeError(f"{given}; send one of {', '.join(accepted)}.")
    return name


def media_type_of_file(name: str, content_type: str) -> str:
    """Return the media type of a file in a form: what its Content-Type names, else what its name ends with.

    Raises:
        UnsupportedMediaTypeError: neither is known.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {"", RAW} or _ALIASES.get(kind, kind) not in MEDIA_TYPES:
        ending = name[name.rfind(".") :].lower()
        named = {".json": JSON} | {end: one.media_type for one in SERVED_FORMATS for end in one.endings}
        kind = named.get(ending, kind or RAW)
    return media_type(kind)


def charset_option(content_type: str | None, kind: str) -> dict[str, str]:
    """Return the charset that a Content-Type header states, as an option of a diagnosis; of text only.

    Args:
        content_type: the header.
        kind: the media type that it names.
    """
    if kind != CSV:
        return {}
    parameters = (one.partition("=") for one in (content_type or "").split(";")[1:])
    stated = [value.strip(" \"'") for name, _, value in parameters if name.strip().lower() == "charset"]
    return {"charset": stated[0]} if stated and stated[0] else {}


def decode_file(body: Body, kind: str, options: DiagnosisOptions = _DEFAULTS) -> Recording:
    """Decode a recording in one of the file formats (everything but JSON).

    Args:
        body: the bytes; raw samples of a view of them are not copied.
        kind: one of FILE_MEDIA_TYPES.
        options: of the diagnosis; those of the format state how to read the bytes.

    Raises:
        MalformedBodyError: the bytes are not of `kind`.
        UnusableError: they are, but hold no numeric signal.
    """
    if not body:
        raise EmptyBodyError
    one = _BY_MEDIA_TYPE[kind]
    _check_own(body, one)
    # bytes() of bytes copies nothing.
    content = body if one.reads_views else bytes(body)
    return one.decode(content, **{name: getattr(options, name) for name in one.options})


def check_json(body: bytes) -> None:
    """Check that a body that should be JSON is no other file, no text and no raw samples.

    Raises:
        MalformedBodyError: it is one; the message names its format and the media type to send.
    """
    other = other_than_json(body)
    if other is not None:
        raise _foreign(other, "JSON")
    if _NOT_TEXT.search(body, 0, _HEAD_BYTES):
        raise MalformedBodyError(f"The bytes are no text, and so no JSON: send raw samples as {RAW}.", field="signal")


def advice_on(found: str) -> str:
    """Return what to do with a file of a format that is not read here, as the end of a sentence."""
    return _ADVICE.get(found, "convert them to one of the formats that are read")


def _check_own(body: Body, expected: ServedFormat) -> None:
    """Check that a file does not begin like a file of another format."""
    found = recognize(body)
    if found is None or found == expected.name or (found == "text" and expected.name == "delimited"):
        return
    raise _foreign(found, expected.label)


def _foreign(found: str, expected: str) -> MalformedBodyError:
    name = "delimited" if found == "text" else found
    kind = JSON if found == "json" else next((one.media_type for one in SERVED_FORMATS if one.name == name), None)
    shown = {"text": "text", "json": "JSON"}.get(found, found)
    advice = f"send them as {kind}" if kind else advice_on(found)
    return MalformedBodyError(f"The bytes are {shown}, not {expected}: {advice}.", field="signal")

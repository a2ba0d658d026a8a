"""The options of a diagnosis: members of a JSON body, or query parameters of the same names."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from functions.core.errors import InvalidOptionError, PalierError, SampleRateError, UnknownOptionError
from functions.core.models.manifest import CONDITIONS, LARGEST_FLOAT32, MOST_CONDITIONS
from functions.core.preprocessing.indicators import Foundation
from functions.core.preprocessing.signal import Unit

# As `channel`: every channel of a recording.
ALL_CHANNELS = "all"
# `(?![\s\S])` is the end: `$` would let a last line feed pass.
ASSET_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}(?![\s\S])"
SampleFormat = Literal[
    "float32", "float64", "int16", "int32", "float32be", "float64be", "int16be", "int32be"
]  # little-endian but for those that end in `be`
TimeUnit = Literal["s", "ms", "us", "ns", "min"]
Delimiter = Literal[",", ";", "|", "tab", "space"]
_CHARSET = r"^[A-Za-z0-9._:-]{1,40}(?![\s\S])"
# What the patterns let pass, for people.
FORMS = {
    ASSET_ID: "a name of letters, digits and . _ : -, at most 128, the first a letter or a digit",
    _CHARSET: "the name of a character set, like windows-1252",
}
# The options that state a bearing: a designation, fault orders, or geometry.
BEARING = (
    "bearing",
    *(ORDERS := ("bpfo_order", "bpfi_order", "bsf_order", "ftf_order")),
    *(GEOMETRY := ("rolling_elements", "element_diameter", "pitch_diameter", "contact_angle_deg")),
)
# Of options, the values that state a bearing; every request asks for them.
_of_bearing = attrgetter(*BEARING)
_NO_BEARING = (None,) * len(BEARING)
SHAFT_SPEED = "shaft_speed_rpm"
_LARGEST_SPEED_RPM = 1e6
_LARGEST_ORDER = 1000.0
_Order = Annotated[float, Meta(gt=0, le=_LARGEST_ORDER)]
_Diameter = Annotated[float, Meta(gt=0, le=LARGEST_FLOAT32)]
_CLOCKS_DIFFER = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES_OR_NUMBERS = frozenset({"version", "channel", "time_column", "bearing"})
_MOST_DIGITS = 18
# Most characters of a caller's text that an error repeats.
_LONGEST_SHOWN = 160
_LONGEST_NAME_SHOWN = 40


class DiagnosisOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller may ask for beside the recording."""

    sample_rate_hz: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Samples per second. Default: what the file states, else the model's own rate."),
    ] = None
    return_probabilities: Annotated[bool, Meta(description="Answer with every class's probability.")] = True
    return_top_k: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Only the k most probable classes.")
    ] = None
    model: Annotated[str | None, Meta(description="Name of a model. Default: the service's default model.")] = None
    version: Annotated[str | None, Meta(description="Version of the model. Default: the newest.")] = None
    asset_id: Annotated[Annotated[str, Meta(pattern=ASSET_ID)] | None, Meta(description="The machine's name.")] = None
    recorded_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="When it was recorded, with its time zone: its place in the machine's history. Default: now."),
    ] = None
    channel: Annotated[
        str | None,
        Meta(description="Name or number (from 0) of the channel to use, where a file has several; `all` for each."),
    ] = None
    full_scale: Annotated[
        Annotated[float, Meta(gt=0, le=LARGEST_FLOAT32)] | None,
        Meta(
            description="WAV, FLAC, npy or raw samples of integers: the value, in the model's unit, of a sample at full"
            " scale. Default: 1; npy of integers needs it."
        ),
    ] = None
    sample_format: Annotated[
        SampleFormat,
        Meta(description="What raw samples (application/octet-stream) are, little-endian but for those with `be`."),
    ] = "float32"
    skip_rows: Annotated[int, Meta(ge=0, description="Delimited text: lines at the top that are not read.")] = 0
    time_column: Annotated[
        str | None, Meta(description="Delimited text: name or number (from 0) of the column that holds the time.")
    ] = None
    time_unit: Annotated[
        TimeUnit | None, Meta(description="Delimited text: unit of the time column. Default: what its name states.")
    ] = None
    delimiter: Annotated[
        Delimiter | None, Meta(description="Delimited text: what stands between two columns. Default: as found.")
    ] = None
    charset: Annotated[
        Annotated[str, Meta(pattern=_CHARSET)] | None,
        Meta(description="Delimited text: its encoding. Default: that of the Content-Type, else as found."),
    ] = None
    unit: Annotated[
        Unit | None, Meta(description="Unit of the samples, scaled by `full_scale`. Default: what the file states.")
    ] = None
    machine_group: Annotated[
        Annotated[int, Meta(ge=1, le=2)] | None,
        Meta(description="Severity: group of ISO 20816-3, 1 for above 300 kW, 2 for 15 to 300 kW; with `foundation`."),
    ] = None
    foundation: Annotated[
        Foundation | None, Meta(description="Severity: how the machine is supported; with `machine_group`.")
    ] = None
    conditions: Annotated[
        dict[str, float],
        Meta(
            max_length=MOST_CONDITIONS,
            description="Conditions of operation by name, for a model that takes some; in a query `conditions.NAME=`.",
        ),
    ] = {}
    shaft_speed_rpm: Annotated[
        Annotated[float, Meta(gt=0, le=_LARGEST_SPEED_RPM)] | None,
        Meta(description="Speed of the shaft: the lines of the shaft or, with a bearing, of its faults are evidence."),
    ] = None
    bearing: Annotated[
        Annotated[str, Meta(max_length=_LONGEST_SHOWN)] | None,
        Meta(description="Designation of the bearing, for example 6205; `GET /bearings` lists those that are known."),
    ] = None
    bpfo_order: Annotated[
        _Order | None, Meta(description="A bearing by hand: passes over the outer race a turn of the shaft.")
    ] = None
    bpfi_order: Annotated[_Order | None, Meta(description="Passes over the inner race a turn of the shaft.")] = None
    bsf_order: Annotated[
        _Order | None,
        Meta(description="Turns of a rolling element about itself a turn of the shaft. Default: of the races."),
    ] = None
    ftf_order: Annotated[
        _Order | None, Meta(description="Turns of the cage a turn of the shaft. Default: of the races.")
    ] = None
    rolling_elements: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None,
        Meta(description="A bearing by its geometry: rolling elements of one row."),
    ] = None
    element_diameter: Annotated[
        _Diameter | None, Meta(description="Diameter of a rolling element, in the unit of pitch_diameter.")
    ] = None
    pitch_diameter: Annotated[
        _Diameter | None, Meta(description="Diameter of the circle through the elements' centres.")
    ] = None
    contact_angle_deg: Annotated[
        Annotated[float, Meta(ge=0, lt=90)] | None, Meta(description="Contact angle. Default: 0.")
    ] = None

    @property
    def names_bearing(self) -> bool:
        """Whether any option states a bearing."""
        return _of_bearing(self) != _NO_BEARING

    def given(self, names: Sequence[str]) -> dict[str, float]:
        """Return the values of the named options that are given."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Read options from a JSON object's members or a query; text stands for numbers as well.

        Raises:
            UnknownOptionError, InvalidOptionError, SampleRateError: `field` names the option.
        """
        if any(name.startswith(CONDITIONS) for name in values):
            # Late: few models take any.
            from functions.core.models.conditions import gathered

            values = gathered(values)
        unknown = next((name for name in values if name not in cls.__struct_fields__), None)
        if unknown is not None:
            raise _unknown(unknown)
        given = {name: _as_text(value) if name in _NAMES_OR_NUMBERS else value for name, value in values.items()}
        try:
            options = msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            raise _invalid(str(error)) from None
        except UnicodeEncodeError:
            raise InvalidOptionError("An option holds what is no text.") from None
        if options.sample_rate_hz is not None and not math.isfinite(options.sample_rate_hz):
            raise SampleRateError("The sample rate must be a number of Hz, neither NaN nor infinite.")
        if options.recorded_at is not None:
            _check_past(options.recorded_at)
        return options


def _check_past(recorded_at: datetime) -> None:
    # After a diagnosis in the future, a history would take every later one for an old one.
    if recorded_at > datetime.now(UTC) + _CLOCKS_DIFFER or recorded_at < _EPOCH:
        raise InvalidOptionError(f"recorded_at {recorded_at.isoformat()} is not in the past.", field="recorded_at")


def _as_text(value: object) -> object:
    # Python refuses to write a number of thousands of digits: it stays one, and is refused as what is no text.
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_MOST_DIGITS
    return str(value) if is_number else value


def _unknown(name: str) -> PalierError:
    if not name.isprintable():
        return InvalidOptionError("An option's name holds what is no text.")
    known = ", ".join(DiagnosisOptions.__struct_fields__)
    shown = name[:_LONGEST_NAME_SHOWN]
    return UnknownOptionError(f"There is no option {shown!r}; there are {known}.", field=shown)


def _invalid(sentence: str) -> PalierError:
    # Late: for refusals alone.
    from functions.core.requirements import requirement

    field = sentence.partition(" - at `$.")[2].partition("[")[0].rstrip("`")
    kind = SampleRateError if field == "sample_rate_hz" else InvalidOptionError
    return kind(f"The option {field!r} must be {requirement(DiagnosisOptions, field, FORMS)}.", field=field)

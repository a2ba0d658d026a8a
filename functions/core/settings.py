"""Settings: read once from the environment, prefix `PALIER_`."""

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from functions.core.errors import PalierError

MODELS_DIR = Path(__file__).resolve().parents[2] / "layers" / "models"
PREFIX = "PALIER_"
# What is kept for days has its end in epoch seconds.
DAY_S = 86_400
# Set by AWS Lambda and Amazon SageMaker themselves.
_OTHER_NAMES = {
    "lambda_memory_mb": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "lambda_initialization": "AWS_LAMBDA_INITIALIZATION_TYPE",
    "multi_model": "SAGEMAKER_MULTI_MODEL",
}
_LISTS = frozenset({"cors_origins", "dashboard_connect_sources", "edge_proofs", "healthy_classes"})

# Strict: origins become part of headers.
_ORIGIN = re.compile(r"(https?)://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_HTTPS_URL = r"^https://[!-~]+(?![\s\S])"
# Most characters of a value that an error repeats.
_LONGEST_SHOWN = 80

Count = Annotated[int, Meta(ge=1)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a process, one environment variable each; docs/settings.md documents every field."""

    stage: Literal["local", "dev", "staging", "prod"] = "prod"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    models_dir: Annotated[Path, Meta(description="folder of model packages, NAME/VERSION/")] = MODELS_DIR
    default_model: Annotated[str, Meta(description="answers when none is named")] = "journal-bearing"
    threads: Annotated[
        Annotated[int, Meta(ge=1, le=64)] | None, Meta(description="engine threads; unset: CPU share")
    ] = None
    lambda_memory_mb: Annotated[
        int | None, Meta(description="MiB; set by Lambda itself, decides how many threads the CPU share feeds")
    ] = None
    lambda_initialization: Annotated[
        str | None, Meta(description="set by Lambda itself: whether the first request waited for the start")
    ] = None
    api_keys_required: Annotated[bool, Meta(description="refuse requests without a good key")] = True
    api_keys_file: Annotated[Path | None, Meta(description="key store as a JSON file")] = None
    api_keys_secret: Annotated[str | None, Meta(description="key store as a Secrets Manager ARN")] = None
    api_keys_cache_s: Annotated[float, Meta(ge=0, description="how long a read key store is trusted")] = 300
    api_keys_max_age_days: Annotated[int, Meta(ge=1, description="rotation lets older keys end")] = 90
    api_keys_grace_days: Annotated[int, Meta(ge=0, description="how long a key that is to end still works")] = 7
    cors_origins: Annotated[list[str], Meta(description="origins that browsers may call from")] = []
    max_body_bytes: Annotated[Count, Meta(description="request body, also when unpacked")] = 6_000_000
    max_batch: Annotated[Count, Meta(description="recordings in one batch")] = 128
    max_windows: Annotated[Count, Meta(description="windows in one request")] = 600
    max_pending: Annotated[Count, Meta(description="requests in work at once; more get 429")] = 32
    jobs_table: Annotated[str | None, Meta(description="table of jobs; unset: no jobs here")] = None
    jobs_bucket: Annotated[str | None, Meta(description="bucket of recordings and results")] = None
    jobs_queue_url: Annotated[str | None, Meta(description="queue that drives the worker")] = None
    jobs_dead_letter_queue_url: Annotated[str | None, Meta(description="queue of messages that were given up")] = None
    jobs_chunk: Annotated[Count, Meta(description="recordings in one message; a large job has more")] = 100
    jobs_max_recordings: Annotated[Count, Meta(description="recordings in one job")] = 10_000
    jobs_max_recording_bytes: Annotated[Count, Meta(description="one file of a job")] = 64_000_000
    jobs_max_active: Annotated[Count, Meta(description="unfinished jobs of one key")] = 10
    jobs_max_daily_recordings: Annotated[Count, Meta(description="recordings of one key in a day")] = 100_000
    jobs_max_receives: Annotated[int, Meta(ge=2, description="deliveries of a message before it is put aside")] = 3
    jobs_timeout_s: Annotated[Count, Meta(description="a job that is not finished by then has failed")] = 21_600
    jobs_retention_days: Annotated[Count, Meta(description="how long jobs are kept")] = 30
    history_table: Annotated[str | None, Meta(description="table of assets; unset: no history is kept")] = None
    history_retention_days: Annotated[Count, Meta(description="how long diagnoses of assets are kept")] = 365
    event_bus: Annotated[str | None, Meta(description="EventBridge bus of alerts; unset: none")] = None
    healthy_classes: Annotated[list[str], Meta(description="class ids that mean no fault")] = msgspec.field(
        default_factory=lambda: ["healthy", "normal"]
    )
    alert_k: Annotated[Count, Meta(description="faults among the newest `alert_n` diagnoses that make an alert")] = 4
    alert_n: Annotated[Count, Meta(description="newest diagnoses of an asset that an alert is decided by")] = 5
    alert_zone: Annotated[
        Literal["B", "C", "D"] | None,
        Meta(description="severity zone from which on an asset is too severe; unset: none"),
    ] = None
    edge_proofs: Annotated[
        list[Annotated[str, Meta(min_length=20)]],
        Meta(
            description="secrets of which CloudFront shows one with each request; others are refused; unset: none are"
        ),
    ] = []
    dashboard_connect_sources: Annotated[
        list[str], Meta(description="origins that the page may send files to, beside its own")
    ] = []
    dashboard_metrics_url: Annotated[
        Annotated[str, Meta(pattern=_HTTPS_URL)] | None, Meta(description="where people see the stage's metrics")
    ] = None
    min_sample_rate_hz: Annotated[float, Meta(gt=0)] = 100
    max_sample_rate_hz: Annotated[float, Meta(gt=0)] = 1_000_000

    def __post_init__(self) -> None:
        """Refuse malformed origins, plain http outside of local and dev, and alert_k above alert_n."""
        if self.alert_k > self.alert_n:
            raise ValueError(f"alert_k {self.alert_k} is more than alert_n {self.alert_n}")
        for field in ("cors_origins", "dashboard_connect_sources"):
            for origin in getattr(self, field):
                _check_origin(field, origin, self.stage)


def _check_origin(field: str, origin: str, stage: str) -> None:
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise ValueError(f"{field} has {origin!r}, which is no origin: write for example https://plant.example.org")
    if found[1] == "http" and stage not in {"local", "dev"}:
        raise ValueError(f"{field} has plain http in stage {stage}: {origin}")


class SettingsInvalidError(PalierError):
    """An environment variable with a value that its setting does not accept."""

    code = "settings_invalid"


def variable_of(field: str) -> str:
    """Return the name of the environment variable of a field of Settings."""
    return _OTHER_NAMES.get(field, f"{PREFIX}{field.upper()}")


def set_defaults(defaults: Mapping[str, str]) -> None:
    """Set the variables that the environment of this process leaves unset or empty, before settings are read."""
    os.environ.update({name: value for name, value in defaults.items() if not os.environ.get(name, "").strip()})


_Read = TypeVar("_Read", bound=msgspec.Struct)


def read_settings(**known: Any) -> Settings:
    """Read the settings from the environment; `known` fields take the place of theirs. Raises as `read_struct`."""
    return read_struct(Settings, **known)


def read_struct(kind: type[_Read], **known: Any) -> _Read:
    """Read a struct from environment variables.

    Args:
        kind: the struct.
        known: fields that are given, and take the place of those of the environment.

    Raises:
        SettingsInvalidError: a variable has a value that its field does not accept; the message names it.
    """
    given = _given(os.environ, kind) | known
    try:
        return msgspec.convert(given, kind, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`").partition("[")[0]
        raise (_not_accepted(kind, field, given[field]) if field else _refused_together(reason)) from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read on the first call; raises as `read_settings`."""
    return read_settings()


def _given(environment: Mapping[str, str], kind: type[msgspec.Struct]) -> dict[str, Any]:
    # An empty variable is one that a template of a deployment has left open.
    values = {name.upper(): value for name, value in environment.items() if value.strip()}
    found = {field: values[variable_of(field)] for field in kind.__struct_fields__ if variable_of(field) in values}
    return {field: _list(field, value) if field in _LISTS else value for field, value in found.items()}


def _list(field: str, value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        # The value is not repeated: a list may be of secrets.
        raise SettingsInvalidError(
            f'{variable_of(field)}: its value is no list; a list is written as JSON, such as ["a", "b"].'
        ) from None


def _not_accepted(kind: type[msgspec.Struct], field: str, value: object) -> SettingsInvalidError:
    # Late: for refusals alone.
    from functions.core.requirements import requirement

    shown = "its value" if field in _LISTS else repr(str(value)[:_LONGEST_SHOWN])
    wanted = requirement(kind, field, {_HTTPS_URL: "an address that begins with https://"})
    return SettingsInvalidError(f"{variable_of(field)}: {shown} is not accepted; it must be {wanted}.")


def _refused_together(sentence: str) -> SettingsInvalidError:
    """Return the error of a sentence of __post_init__, which begins with the field."""
    return SettingsInvalidError(f"{variable_of(sentence.partition(' ')[0])}: {sentence}")


def _decode(kind: type, value: object) -> object:
    """Convert text to a path, the one type of a field that msgspec does not decode itself."""
    return kind(value) if kind is Path and isinstance(value, str | Path) else value

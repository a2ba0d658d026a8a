import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from functions.core.settings import (
    MODELS_DIR,
    Settings,
    SettingsInvalidError,
    get_settings,
    read_settings,
    set_defaults,
    variable_of,
)

DEFAULTS = {
    "stage": "prod",
    "log_level": "INFO",
    "models_dir": MODELS_DIR,
    "default_model": "journal-bearing",
    "threads": None,
    "lambda_memory_mb": None,
    "lambda_initialization": None,
    "api_keys_required": True,
    "api_keys_file": None,
    "api_keys_secret": None,
    "api_keys_cache_s": 300,
    "api_keys_max_age_days": 90,
    "api_keys_grace_days": 7,
    "cors_origins": [],
    "max_body_bytes": 6_000_000,
    "max_batch": 128,
    "max_windows": 600,
    "max_pending": 32,
    "jobs_table": None,
    "jobs_bucket": None,
    "jobs_queue_url": None,
    "jobs_dead_letter_queue_url": None,
    "jobs_chunk": 100,
    "jobs_max_recordings": 10_000,
    "jobs_max_recording_bytes": 64_000_000,
    "jobs_max_active": 10,
    "jobs_max_daily_recordings": 100_000,
    "jobs_max_receives": 3,
    "jobs_timeout_s": 21_600,
    "jobs_retention_days": 30,
    "history_table": None,
    "history_retention_days": 365,
    "event_bus": None,
    "healthy_classes": ["healthy", "normal"],
    "alert_k": 4,
    "alert_zone": None,
    "alert_n": 5,
    "edge_proofs": [],
    "dashboard_connect_sources": [],
    "dashboard_metrics_url": None,
    "min_sample_rate_hz": 100,
    "max_sample_rate_hz": 1_000_000,
}


CONNECTS = ("dashboard_connect_sources", ["https://b.s3.eu-central-1.amazonaws.com"])


def test_without_any_variable_the_defaults_are_the_safe_ones() -> None:
    assert asdict(Settings()) == asdict(read_settings()) == DEFAULTS
    assert Path(__file__).resolve().parents[3] / "layers" / "models" == MODELS_DIR


@pytest.mark.parametrize(
    ("variable", "text", "name", "expected"),
    [
        ("PALIER_STAGE", "dev", "stage", "dev"),
        ("PALIER_MODELS_DIR", "/opt/models", "models_dir", Path("/opt/models")),
        ("PALIER_THREADS", "4", "threads", 4),
        ("PALIER_API_KEYS_REQUIRED", "false", "api_keys_required", False),
        ("PALIER_CORS_ORIGINS", '["https://a.example"]', "cors_origins", ["https://a.example"]),
        ("PALIER_HEALTHY_CLASSES", '["good"]', "healthy_classes", ["good"]),
        ("PALIER_JOBS_TABLE", "jobs", "jobs_table", "jobs"),
        ("PALIER_EDGE_PROOFS", f'["{"w" * 40}"]', "edge_proofs", ["w" * 40]),
        ("PALIER_DASHBOARD_CONNECT_SOURCES", '["https://b.s3.eu-central-1.amazonaws.com"]', *CONNECTS),
        ("PALIER_DASHBOARD_METRICS_URL", "https://a.example/#b", "dashboard_metrics_url", "https://a.example/#b"),
        ("palier_max_batch", "7", "max_batch", 7),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769", "lambda_memory_mb", 1769),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand", "lambda_initialization", "on-demand"),
    ],
)
def test_a_variable_sets_its_field(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, name: str, expected: Any
) -> None:
    monkeypatch.setenv(variable, text)
    assert asdict(read_settings()) == DEFAULTS | {name: expected}


def test_a_variable_without_the_prefix_is_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_BATCH", "7")
    monkeypatch.setenv("STAGE", "dev")
    assert asdict(read_settings()) == DEFAULTS


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PALIER_STAGE", "production"),
        ("PALIER_LOG_LEVEL", "LOUD"),
        ("PALIER_THREADS", "0"),
        ("PALIER_THREADS", "many"),
        ("PALIER_API_KEYS_REQUIRED", "perhaps"),
        ("PALIER_API_KEYS_CACHE_S", "-1"),
        ("PALIER_MAX_BATCH", "0"),
        ("PALIER_MAX_PENDING", "0"),
        ("PALIER_MIN_SAMPLE_RATE_HZ", "0"),
        ("PALIER_CORS_ORIGINS", '["*"]'),
        ("PALIER_ALERT_K", "6"),
        # A request without the header would show it.
        ("PALIER_EDGE_PROOFS", '[""]'),
        ("PALIER_DASHBOARD_METRICS_URL", "http://a.example"),
        ("PALIER_DASHBOARD_METRICS_URL", "https://a.example/ javascript:"),
        ("PALIER_JOBS_MAX_RECEIVES", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_its_variable_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsInvalidError, match=f"^{variable}: "):
        read_settings()


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("PALIER_STAGE", "production", "'production' is not accepted; it must be dev, local, prod or staging."),
        ("PALIER_THREADS", "many", "'many' is not accepted; it must be a whole number from 1 up to 64."),
        ("PALIER_API_KEYS_REQUIRED", "perhaps", "'perhaps' is not accepted; it must be true or false."),
        ("PALIER_MIN_SAMPLE_RATE_HZ", "NaN", "'NaN' is not accepted; it must be a number above 0."),
        (
            "PALIER_DASHBOARD_METRICS_URL",
            "http://a.example",
            "'http://a.example' is not accepted; it must be an address that begins with https://.",
        ),
        (
            "PALIER_EDGE_PROOFS",
            '["short"]',
            "its value is not accepted; it must be a JSON list, each entry text of at least 20 characters.",
        ),
        ("PALIER_EDGE_PROOFS", "secret", 'its value is no list; a list is written as JSON, such as ["a", "b"].'),
        ("PALIER_ALERT_K", "6", "alert_k 6 is more than alert_n 5"),
    ],
)
def test_a_refusal_states_what_a_value_must_be_and_repeats_no_secret(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(SettingsInvalidError) as refused:
        read_settings()
    assert refused.value.message == f"{variable}: {sentence}"


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for field in Settings.__struct_fields__:
        monkeypatch.setenv(variable_of(field), text)
    assert asdict(read_settings()) == DEFAULTS


def test_defaults_of_a_process_fill_what_is_unset_or_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"PALIER_MAX_BATCH": "7", "PALIER_MAX_WINDOWS": ""}
    monkeypatch.setattr(os, "environ", environment)
    set_defaults({"PALIER_MAX_BATCH": "1", "PALIER_MAX_WINDOWS": "2", "PALIER_MAX_PENDING": "3"})
    assert environment == {"PALIER_MAX_BATCH": "7", "PALIER_MAX_WINDOWS": "2", "PALIER_MAX_PENDING": "3"}


def test_a_list_that_is_no_json_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALIER_CORS_ORIGINS", "https://a.example")
    with pytest.raises(SettingsInvalidError, match=r"^PALIER_CORS_ORIGINS: .*a list is written as JSON"):
        read_settings()


@pytest.mark.parametrize(
    "origin",
    ["*", "https://", "plant.example", "https://plant.example/", "https://a.example/path", "ftp://a.example", "null"],
)
@pytest.mark.parametrize("stage", ["local", "dev", "staging", "prod"])
def test_what_is_no_origin_is_refused_in_every_stage(stage: str, origin: str) -> None:
    with pytest.raises(SettingsInvalidError, match=r"^PALIER_CORS_ORIGINS: .* is no origin"):
        read_settings(stage=stage, cors_origins=[origin])


@pytest.mark.parametrize(
    "source", ["*", "https://*.amazonaws.com", "https://a.example;script-src", "https://a 'unsafe-inline'", "data:"]
)
def test_a_connect_source_cannot_widen_the_pages_policy(source: str) -> None:
    with pytest.raises(SettingsInvalidError, match=r"^PALIER_DASHBOARD_CONNECT_SOURCES: .* is no origin"):
        read_settings(stage="dev", dashboard_connect_sources=[source])


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_plain_http_is_refused_when_deployed(stage: str) -> None:
    with pytest.raises(SettingsInvalidError, match=f"plain http in stage {stage}"):
        read_settings(stage=stage, cors_origins=["https://a.example", "http://a.example"])


@pytest.mark.parametrize("stage", ["local", "dev"])
def test_plain_http_is_fine_while_developing(stage: str) -> None:
    origins = ["http://localhost:3000"]
    assert read_settings(stage=stage, cors_origins=origins).cors_origins == origins


def test_they_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = get_settings()
    monkeypatch.setenv("PALIER_MAX_BATCH", "7")
    assert get_settings() is first
    assert first.max_batch == 128


def test_they_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        Settings().stage = "dev"  # type: ignore[misc]

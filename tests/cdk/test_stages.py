"""Stages and the functions' settings must agree."""

from dataclasses import fields, replace

import pytest

from build_scripts.palier_cli.planning.memory_sizes import Expected, price_sizes, read_sizes
from cdk.stage_parts import Retention
from cdk.stages import STAGES, Stage, StageName
from functions.core.settings import PREFIX, Settings, read_settings, variable_of

NAMES: list[StageName] = list(STAGES)
# A stage's fields that are settings by name.
SHARED = sorted({one.name for one in fields(Stage)} & set(Settings.__struct_fields__))


@pytest.mark.parametrize("name", NAMES)
def test_settings_read_what_the_stage_says(name: StageName, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = STAGES[name]
    for variable, value in stage.environment().items():
        monkeypatch.setenv(variable, value)
    settings = read_settings()
    # A stage's field that is a setting by name reaches the functions: a line that environment() lacks fails here.
    assert {one: getattr(settings, one) for one in SHARED} == {one: plain(getattr(stage, one)) for one in SHARED}
    renamed = {
        "stage": name,
        "jobs_retention_days": stage.retention.object_days,
        "history_retention_days": stage.retention.history_days,
    }
    assert {one: getattr(settings, one) for one in renamed} == renamed
    sent = {one for one in stage.environment() if one.startswith(PREFIX)}
    assert sent == {variable_of(one) for one in (*SHARED, *renamed)}
    assert settings.api_keys_required


def plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def test_every_field_of_a_stage_that_is_a_setting_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """With values that are no setting's default, which a shipped stage may have."""
    sent = replace(
        STAGES["prod"],
        log_level="WARNING",
        cors_origins=("https://plant.internal",),
        default_model="rolling-bearing",
        max_body_bytes=1_000,
        max_windows=7,
        retention=Retention(object_days=11, history_days=13),
    )
    for variable, value in sent.environment().items():
        monkeypatch.setenv(variable, value)
    settings, defaults = read_settings(), Settings()
    assert [one for one in SHARED if getattr(settings, one) == getattr(defaults, one)] == []
    assert {one: getattr(settings, one) for one in SHARED} == {one: plain(getattr(sent, one)) for one in SHARED}
    assert (settings.jobs_retention_days, settings.history_retention_days) == (11, 13)


def test_every_function_disables_telemetry() -> None:
    assert {stage.environment()["ORT_DISABLE_TELEMETRY"] for stage in STAGES.values()} == {"1"}


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_has_the_memory_that_was_measured_to_suit_it(name: StageName) -> None:
    sizes = price_sizes(read_sizes(), Expected(1e6, cold_share=0.01, architecture="arm64"))
    (advised,) = (size for size in sizes if name in size.advised_for)
    assert STAGES[name].sizes["inference"].memory_mb >= advised.memory_mb

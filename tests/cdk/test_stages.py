"""Stages and the functions' settings must agree."""

import pytest

from build_scripts.palier_cli.plan import Load, plan, read_sizes
from cdk.stages import STAGES, StageName
from functions.core.settings import read_settings

NAMES: list[StageName] = list(STAGES)


@pytest.mark.parametrize("name", NAMES)
def test_settings_read_what_the_stage_says(name: StageName, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = STAGES[name]
    for variable, value in stage.environment().items():
        monkeypatch.setenv(variable, value)
    settings = read_settings()
    assert settings.stage == name
    assert settings.log_level == stage.log_level
    assert tuple(settings.cors_origins) == stage.cors_origins
    assert settings.default_model == stage.default_model
    assert settings.max_windows == stage.max_windows
    assert settings.max_body_bytes == stage.max_body_bytes
    assert settings.jobs_retention_days == stage.retention.object_days
    assert settings.history_retention_days == stage.retention.history_days
    assert settings.api_keys_required


def test_every_function_disables_telemetry() -> None:
    assert {stage.environment()["ORT_DISABLE_TELEMETRY"] for stage in STAGES.values()} == {"1"}


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_has_the_memory_that_was_measured_to_suit_it(name: StageName) -> None:
    sizes = plan(read_sizes(), Load(1e6, cold_share=0.01, architecture="arm64"))
    (advised,) = (size for size in sizes if name in size.advised_for)
    assert STAGES[name].sizes["inference"].memory_mb >= advised.memory_mb

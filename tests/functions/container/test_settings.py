"""The container's settings come from the environment."""

from pathlib import Path

import pytest

from functions.container.settings import ContainerSettings, read_container_settings
from functions.core.settings import Settings, SettingsInvalidError


def test_without_an_environment_the_defaults_hold() -> None:
    assert read_container_settings() == ContainerSettings()


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "PALIER_PORT": "9000",
        "PALIER_PROVIDER": "cuda",
        "PALIER_BATCHING": "false",
        "PALIER_BATCH_MAX_DELAY_MS": "2.5",
        "PALIER_TENSORRT_CACHE_DIR": "/cache",
        "SAGEMAKER_MULTI_MODEL": "true",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = read_container_settings()
    assert (settings.port, settings.provider, settings.batching) == (9000, "cuda", False)
    assert (settings.batch_max_delay_ms, settings.tensorrt_cache_dir) == (2.5, Path("/cache"))
    assert settings.multi_model is True


@pytest.mark.parametrize(
    ("name", "value"),
    [("PALIER_PROVIDER", "rocm"), ("PALIER_BATCH_MAX_WINDOWS", "0"), ("PALIER_PORT", "70000")],
)
def test_a_value_that_cannot_be_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalidError, match=f"^{name}: "):
        read_container_settings()


def test_no_name_is_used_twice() -> None:
    assert set(ContainerSettings.__struct_fields__).isdisjoint(Settings.__struct_fields__)

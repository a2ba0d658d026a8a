"""Settings: read once from the environment, prefix `PALIER_`."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from functions.core.errors import PalierError

MODELS_DIR = Path(__file__).resolve().parents[2] / "layers" / "models"


class Settings(BaseSettings):
    """What may differ between places; every field is documented in docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="PALIER_", frozen=True, populate_by_name=True)

    stage: Literal["local", "dev", "staging", "prod"] = "prod"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    models_dir: Path = Field(default=MODELS_DIR, description="folder of model packages, NAME/VERSION/")
    default_model: str = Field(default="journal-bearing", description="answers when none is named")
    threads: int | None = Field(default=None, ge=1, le=64, description="engine threads; unset: CPU share")
    lambda_memory_mb: int | None = Field(
        default=None,
        validation_alias="AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        description="MiB; set by Lambda itself, decides how many threads the CPU share feeds",
    )
    api_keys_required: bool = Field(default=True, description="refuse requests without a good key")
    api_keys_file: Path | None = Field(default=None, description="key store as a JSON file")
    api_keys_secret: str | None = Field(default=None, description="key store as a Secrets Manager ARN")
    api_keys_cache_s: float = Field(default=300, ge=0, description="how long a read key store is trusted")
    api_keys_max_age_days: int = Field(default=90, ge=1, description="rotation lets older keys end")
    api_keys_grace_days: int = Field(default=7, ge=0, description="how long a key that is to end still works")
    cors_origins: list[str] = Field(default=[], description="origins that browsers may call from")
    max_body_bytes: int = Field(default=6_000_000, ge=1, description="request body, also when unpacked")
    max_batch: int = Field(default=128, ge=1, description="recordings in one batch")
    max_windows: int = Field(default=600, ge=1, description="windows in one request")
    max_pending: int = Field(default=32, ge=1, description="requests in work at once; more get 429")
    min_sample_rate_hz: float = Field(default=100, gt=0)
    max_sample_rate_hz: float = Field(default=1_000_000, gt=0)

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            scheme, separator, host = origin.partition("://")
            if origin == "*" or scheme not in {"http", "https"} or not separator or not host or "/" in host:
                raise ValueError(f"{origin!r} is no origin: write for example https://plant.example.org")
        return origins

    @model_validator(mode="after")
    def _plain_http_stays_local(self) -> "Settings":
        insecure = [origin for origin in self.cors_origins if origin.startswith("http://")]
        if insecure and self.stage not in {"local", "dev"}:
            raise ValueError(f"cors_origins has plain http in stage {self.stage}: {insecure}")
        return self


class SettingsInvalidError(PalierError):
    """A variable has a value it cannot have."""

    code = "settings_invalid"


def read_settings(**known: Any) -> Settings:
    """Return the settings of the environment, with those that are known already.

    Raises:
        SettingsInvalidError: a variable has a value it cannot have; the message names it.
    """
    try:
        return Settings(**known)
    except ValidationError as error:
        faults = [f"{_variable(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_url=False)]
        raise SettingsInvalidError("; ".join(faults)) from None
    except SettingsError as error:
        raise SettingsInvalidError(f"{error}; a list is written as JSON.") from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read on the first call; raises as `read_settings`."""
    return read_settings()


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    return f"PALIER_{name.upper()}" if name in Settings.model_fields else name or "PALIER_CORS_ORIGINS"

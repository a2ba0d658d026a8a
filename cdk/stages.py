"""The stages: everything that differs between dev, staging and prod is a field here."""

import json
from dataclasses import dataclass
from typing import Literal

StageName = Literal["dev", "staging", "prod"]


class StageError(ValueError):
    """A stage that must not be deployed; the sentence says what to change."""


@dataclass(frozen=True)
class Stage:
    """One stage. What its functions read from their environment is in `environment`."""

    name: StageName
    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    cors_origins: tuple[str, ...] = ()
    default_model: str = "journal-bearing"
    max_body_bytes: int = 6_000_000
    max_windows: int = 600

    def __post_init__(self) -> None:
        """Refuse origins that would open the API to every page, or to anyone on the wire."""
        for origin in self.cors_origins:
            if origin == "*":
                raise StageError(f"Stage {self.name}: cors_origins has '*'; name the origins that may call.")
            if self.name != "dev" and not origin.startswith("https://"):
                raise StageError(f"Stage {self.name}: origin {origin} is not https; only dev may have that.")

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the stage's functions, as functions/core/settings.py reads them."""
        return {
            "PALIER_STAGE": self.name,
            "PALIER_LOG_LEVEL": self.log_level,
            "PALIER_CORS_ORIGINS": json.dumps(self.cors_origins),
            "PALIER_DEFAULT_MODEL": self.default_model,
            "PALIER_MAX_BODY_BYTES": str(self.max_body_bytes),
            "PALIER_MAX_WINDOWS": str(self.max_windows),
            "ORT_DISABLE_TELEMETRY": "1",
        }


STAGES: dict[StageName, Stage] = {
    "dev": Stage("dev", log_level="DEBUG", cors_origins=("http://localhost:8000",)),
    "staging": Stage("staging"),
    "prod": Stage("prod"),
}

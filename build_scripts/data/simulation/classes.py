"""The eleven conditions of the journal bearing, in label order, and the four severity levels."""

from dataclasses import dataclass

SAMPLE_RATE_HZ = 20480
RECORD_SECONDS = 5
RECORD_SAMPLES = SAMPLE_RATE_HZ * RECORD_SECONDS
ADC_STEP_G = 0.001


@dataclass(frozen=True)
class FaultClass:
    """A condition of the machine: its stable id and the name a person reads."""

    id: str
    name: str


@dataclass(frozen=True)
class SeverityLevel:
    """A level of severity: `s` is uniform in [low, high)."""

    name: str
    low: float
    high: float


FAULT_CLASSES: tuple[FaultClass, ...] = (
    FaultClass("healthy", "Healthy"),
    FaultClass("misalignment", "Misalignment"),
    FaultClass("imbalance", "Imbalance"),
    FaultClass("clearance", "Bearing clearance"),
    FaultClass("lubrication", "Lubrication deficiency"),
    FaultClass("cavitation", "Cavitation"),
    FaultClass("wear", "Wear"),
    FaultClass("oil_whirl", "Oil whirl"),
    FaultClass("misalignment_imbalance", "Misalignment + imbalance"),
    FaultClass("wear_lubrication", "Wear + lubrication"),
    FaultClass("cavitation_clearance", "Cavitation + clearance"),
)

SEVERITY_LEVELS: tuple[SeverityLevel, ...] = (
    SeverityLevel("incipient", 0.20, 0.45),
    SeverityLevel("mild", 0.45, 0.70),
    SeverityLevel("moderate", 0.70, 0.90),
    SeverityLevel("severe", 0.90, 1.00),
)

# Those whose vibration has lines at multiples of shaft speed: at another speed it is that of another machine.
CLASSES_WITH_LINES = (
    "misalignment",
    "imbalance",
    "clearance",
    "wear",
    "oil_whirl",
    "misalignment_imbalance",
    "wear_lubrication",
    "cavitation_clearance",
)

"""The operating point of one record: speed, load, temperature and what follows from them."""

from dataclasses import dataclass

import numpy as np

RATED_SPEED_HZ = 60.0
SPEED_VARIATION = 0.10
REFERENCE_SOMMERFELD = 0.15
SOMMERFELD_RANGE = (0.05, 0.50)


@dataclass(frozen=True)
class OperatingPoint:
    """Speed as a ratio to the rated one, load as a fraction of rated, oil temperature in Celsius, floor in g."""

    speed_ratio: float
    load: float
    temperature_c: float
    floor_g: float
    rated_speed_hz: float = RATED_SPEED_HZ

    @property
    def shaft_hz(self) -> float:
        """Shaft speed in Hz."""
        return self.rated_speed_hz * self.speed_ratio

    @property
    def thermal_factor(self) -> float:
        """0.9 at 40 C to 1.1 at 80 C."""
        return 0.9 + 0.2 * (self.temperature_c - 40.0) / 40.0

    @property
    def operating_factor(self) -> float:
        """Load times thermal factor."""
        return self.load * self.thermal_factor

    @property
    def sommerfeld(self) -> float:
        """Sommerfeld number: viscosity falls with temperature, speed carries the film, load presses it.

        Source: hydrodynamic lubrication, S ~ viscosity * speed / load, normalised to 0.15 at 60 C.
        """
        viscosity = REFERENCE_SOMMERFELD * np.exp(-0.03 * (self.temperature_c - 60.0))
        return float(np.clip(viscosity * self.speed_ratio / self.load, *SOMMERFELD_RANGE))

    @property
    def film_factor(self) -> float:
        """Square root of the Sommerfeld number over its reference."""
        return float(np.sqrt(self.sommerfeld / REFERENCE_SOMMERFELD))


def draw_operating_point(rng: np.random.Generator, rated_speed_hz: float = RATED_SPEED_HZ) -> OperatingPoint:
    """Draw speed within 10 % of rated, load 30 to 100 %, oil at 40 to 80 C."""
    speed_ratio = 1.0 + SPEED_VARIATION * (2.0 * rng.random() - 1.0)
    point = OperatingPoint(speed_ratio, 0.3 + 0.7 * rng.random(), 40.0 + 40.0 * rng.random(), 0.0)
    floor_g = (0.2 + 0.1 * rng.random()) * point.operating_factor
    return OperatingPoint(point.speed_ratio, point.load, point.temperature_c, floor_g, rated_speed_hz)

"""The catalogue of bearings: designations with their fault orders or their geometry, each with its source.

`catalogue.json` beside this module holds it; the page gets its list from `GET /bearings`.
"""

import difflib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from functions.core.bearings.orders import FaultOrders, Geometry
from functions.core.errors import UnknownBearingError

CATALOGUE = Path(__file__).with_name("catalogue.json")
# Of a designation that is looked up.
LONGEST_DESIGNATION = 64
_MOST_NEAR = 5
_MAKERS = frozenset({"SKF", "FAG", "INA", "NSK", "NTN", "KOYO", "NACHI", "TIMKEN", "SNR", "ZVL", "ZKL", "HRB"})
_SEPARATORS = re.compile(r"[\s/_.,-]+")
# A number with its prefix; what follows it names seals, clearance and cage, which do not change the orders.
_BASIC = re.compile(r"([A-Z]*\d{2,6})[A-Z]*")


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One bearing: its orders where they are printed, else its geometry, diameters in one unit.

    static_load_rating_n: C0r as `rated_by` publishes it, where the number of balls was checked against it.
    """

    designation: str
    kind: str
    rolling_elements: int
    source: str
    aliases: list[str] = []
    element_diameter: float | None = None
    pitch_diameter: float | None = None
    contact_angle_deg: float = 0.0
    bpfo: float | None = None
    bpfi: float | None = None
    bsf: float | None = None
    ftf: float | None = None
    static_load_rating_n: float | None = None
    rated_by: str | None = None

    def orders(self) -> FaultOrders:
        """Return the fault orders, printed or from the geometry."""
        if self.bpfo is not None and self.bpfi is not None and self.bsf is not None and self.ftf is not None:
            return FaultOrders(self.bpfo, self.bpfi, self.bsf, self.ftf)
        return Geometry(
            self.rolling_elements, self.element_diameter or 0.0, self.pitch_diameter or 0.0, self.contact_angle_deg
        ).orders()


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All rows, and the sources that they name."""

    sources: dict[str, str]
    bearings: list[CatalogueRow]


@cache
def read_catalogue() -> Catalogue:
    """Return the catalogue, read once."""
    return msgspec.json.decode(CATALOGUE.read_bytes(), type=Catalogue)


def find_bearing(designation: str) -> CatalogueRow:
    """Return the row of a designation: as it is written, without its maker, or without what follows its number.

    `6205`, `SKF 6205-2RS1/C3` and `6205ZZ` are one bearing; a row of one maker is found by the maker's name.

    Raises:
        UnknownBearingError: there is none; the nearest are named.
    """
    rows = _rows_by_key()
    found = next((rows[key] for key in _keys(designation[:LONGEST_DESIGNATION]) if key in rows), None)
    if found is None or len(designation) > LONGEST_DESIGNATION:
        raise UnknownBearingError(
            f"There is no bearing {_shown(designation)!r} in the catalogue (near it: {', '.join(_near(designation))});"
            " state bpfo_order and bpfi_order, or rolling_elements, element_diameter and pitch_diameter."
        )
    return found


def search_bearings(text: str) -> Sequence[CatalogueRow]:
    """Return the rows whose designation or kind holds a text, in the order of the catalogue; all for no text."""
    wanted = _key(text[:LONGEST_DESIGNATION])
    rows = read_catalogue().bearings
    return [row for row in rows if any(wanted in _key(name) for name in [*_names(row), row.kind])]


@cache
def _rows_by_key() -> dict[str, CatalogueRow]:
    return {_key(name): row for row in reversed(read_catalogue().bearings) for name in _names(row)}


def _names(row: CatalogueRow) -> list[str]:
    return [row.designation, *row.aliases]


def _keys(designation: str) -> list[str]:
    """Return the keys under which a designation may be listed, the most exact first."""
    words = [word for word in _SEPARATORS.split(designation.upper()) if word]
    own = [word for word in words if word not in _MAKERS]
    basic = next((match[1] for word in own if (match := _BASIC.fullmatch(word))), "")
    maker = next((word for word in words if word in _MAKERS), "")
    return ["".join(words), "".join(own), maker + basic, basic]


def _key(text: str) -> str:
    return "".join(_SEPARATORS.split(text.upper()))


def _near(designation: str) -> list[str]:
    names = {_key(name): name for row in read_catalogue().bearings for name in _names(row)}
    wanted = _keys(designation[:LONGEST_DESIGNATION])
    near = difflib.get_close_matches(next(filter(None, reversed(wanted)), ""), names, _MOST_NEAR, cutoff=0)
    return [names[key] for key in near]


def _shown(designation: str) -> str:
    shown = designation[:LONGEST_DESIGNATION]
    return shown if shown.isprintable() else "?"

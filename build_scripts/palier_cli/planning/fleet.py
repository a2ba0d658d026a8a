"""Cost and limits of a fleet's history of any size, from the units that were measured of one fleet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from build_scripts.palier_cli.planning.limits import PARTITION_WRITES_A_SECOND, TABLE_WRITES_A_SECOND
from build_scripts.palier_cli.planning.memory_sizes import NothingMeasuredError
from cdk.reports.cost import prices
from functions.core.errors import InvalidOptionError
from functions.core.settings import DAY_S

MONTH_S = 30 * DAY_S
_GIB = 2**30
# Bytes that DynamoDB adds to the size of an item where it bills storage. Source:
# docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
_STORED_BYTES = 100


@dataclass(frozen=True)
class KeepingUnits:
    """The units that DynamoDB counts for keeping one diagnosis.

    Args:
        write_units: of the diagnosis and the summary of its asset.
        assets_write_units: of the summary alone, which stands in the one partition of all assets.
        read_units: of the summary as it was.
    """

    write_units: float
    assets_write_units: float
    read_units: float

    @property
    def usd_million(self) -> float:
        """US dollars of a million diagnoses."""
        price = prices()["million"]
        return float(self.write_units * price["write"]["usd"] + self.read_units * price["read"]["usd"])


@dataclass(frozen=True)
class MeasuredHistory:
    """The figures of the benchmark of a fleet.

    Args:
        alone, together: of a diagnosis that is kept by itself, and with others of its asset.
        in_a_batch: how many are kept together.
        page_units: read units of a page of a history; `page_items`: diagnoses on it.
        diagnosis_bytes, asset_bytes: mean sizes of a diagnosis and of the summary of an asset.
    """

    alone: KeepingUnits
    together: KeepingUnits
    in_a_batch: int
    page_units: float
    page_items: int
    diagnosis_bytes: float
    asset_bytes: float


def measured_history(reports: Mapping[str, Any]) -> MeasuredHistory:
    """Return the figures that a plan rests on.

    Raises:
        NothingMeasuredError: there is no benchmark of a fleet.
    """
    if "fleet" not in reports:
        raise NothingMeasuredError(
            "docs/benchmarks.json has no benchmark of a fleet: python -m build_scripts benchmark --fleet --write docs"
        )
    report = reports["fleet"]
    found = report["services"]["moto"]
    page = found["pages"]["history"]
    return MeasuredHistory(
        KeepingUnits(**found["alone"]),
        KeepingUnits(**found["together"]),
        report["in_a_batch"],
        page["read_units"],
        page["items"],
        found["diagnosis_bytes"],
        found["asset_bytes"],
    )


@dataclass(frozen=True)
class Fleet:
    """Assets whose history holds so many diagnoses, evenly spread, each kept for so many days."""

    assets: int
    diagnoses: int
    kept_days: int

    def __post_init__(self) -> None:
        """Refuse a fleet that cannot be.

        Raises:
            InvalidOptionError: less than one diagnosis of each asset.
        """
        if not 1 <= self.assets <= self.diagnoses:
            raise InvalidOptionError(
                f"A history of {self.assets} assets has at least as many diagnoses, not {self.diagnoses}; "
                "give --assets and --diagnoses.",
                field="diagnoses",
            )

    @property
    def per_second(self) -> float:
        """Diagnoses that come in a second, where as many come as expire."""
        return self.diagnoses / (self.kept_days * DAY_S)


@dataclass(frozen=True)
class Keeping:
    """The capacity and cost of one way of keeping a fleet's diagnoses.

    Args:
        write_units_per_s: of all; of an on-demand table AWS allows TABLE_WRITES_A_SECOND until it is asked for more.
        assets_write_units_per_s: of the partition of all assets; a partition takes PARTITION_WRITES_A_SECOND until
            DynamoDB has split it.
        asset_write_units_per_s: of the partition of one asset.
        usd_million: of a million diagnoses; `usd_month`: of those that come in a month.
    """

    write_units_per_s: float
    assets_write_units_per_s: float
    asset_write_units_per_s: float
    usd_million: float
    usd_month: float

    @property
    def most_per_s_factor(self) -> float:
        """Factor by which diagnoses a second may grow before the first limit is reached."""
        return min(
            TABLE_WRITES_A_SECOND / self.write_units_per_s,
            PARTITION_WRITES_A_SECOND / self.assets_write_units_per_s,
            PARTITION_WRITES_A_SECOND / self.asset_write_units_per_s,
        )


@dataclass(frozen=True)
class FleetPlan:
    """A fleet's history: the two ways of keeping it, and what does not depend on them.

    Args:
        stored_gb: GiB, as DynamoDB bills them.
        stored_usd_month, backup_usd_month: of the table, and of restoring it to any second.
        page_usd_million: of a million pages of a history.
        asset_items, asset_mb: diagnoses in the partition of one asset, and their size.
    """

    fleet: Fleet
    measured: MeasuredHistory
    alone: Keeping
    together: Keeping
    stored_gb: float
    stored_usd_month: float
    backup_usd_month: float
    page_usd_million: float
    asset_items: float
    asset_mb: float


def plan_fleet(fleet: Fleet, measured: MeasuredHistory) -> FleetPlan:
    """Return capacity, size and cost of a fleet's history, from the units that were measured."""
    stored = fleet.diagnoses * (measured.diagnosis_bytes + _STORED_BYTES)
    stored_gb = (stored + fleet.assets * (measured.asset_bytes + _STORED_BYTES)) / _GIB
    price, each = prices(), fleet.diagnoses / fleet.assets
    return FleetPlan(
        fleet,
        measured,
        _keeping(fleet, measured.alone),
        _keeping(fleet, measured.together),
        stored_gb,
        stored_gb * price["stored"]["table_gb"]["usd"],
        stored_gb * price["stored"]["backup_gb"]["usd"],
        measured.page_units * price["million"]["read"]["usd"],
        each,
        each * measured.diagnosis_bytes / 1e6,
    )


def _keeping(fleet: Fleet, units: KeepingUnits) -> Keeping:
    rate = fleet.per_second
    return Keeping(
        rate * units.write_units,
        rate * units.assets_write_units,
        rate * (units.write_units - units.assets_write_units) / fleet.assets,
        units.usd_million,
        units.usd_million * rate * MONTH_S / 1e6,
    )

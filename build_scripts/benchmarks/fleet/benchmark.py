"""The benchmark of a fleet: its diagnoses through the history's own code, and the units of DynamoDB for them."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from build_scripts.benchmarks.fleet.contents import Contents, contents_of
from build_scripts.benchmarks.fleet.meter import Meter, Usage, metering
from build_scripts.benchmarks.fleet.observations import INTERVAL_S, Fleet
from build_scripts.benchmarks.fleet.services import SERVICES
from build_scripts.data.progress import Progress
from build_scripts.errors import BuildError
from build_scripts.local.aws.embedded.resources import HISTORY
from build_scripts.measuring.machine import measured_on
from functions.core.assets.condition import AlertRule, Change
from functions.core.assets.history import MOST_AT_ONCE, Observation
from functions.core.assets.history_table import ASSETS, KEYS, HistoryTable
from functions.core.aws.clients import dynamodb_client
from functions.core.aws.dynamodb import timestamp
from functions.core.models.manifest import Manifest
from functions.core.models.models import ModelRepository
from functions.core.settings import DAY_S

RETENTION_S = 365 * DAY_S
_BEGAN_S = 1_780_000_000.0
# The API's own, where nothing else is asked.
_PAGE = 100
_EVER = (timestamp(0), timestamp(4e9))


@dataclass(frozen=True)
class Effort:
    """The size of a fleet: assets, and recordings of each, first those of a job, then some that come alone."""

    assets: int
    together: int
    alone: int

    @property
    def each(self) -> int:
        """Diagnoses of one asset."""
        return self.together + self.alone

    @property
    def diagnoses(self) -> int:
        """Diagnoses of all."""
        return self.assets * self.each

    def groups(self) -> Iterator[range]:
        """Yield the indexes that an asset's diagnoses have, as they are kept together."""
        starts = range(0, self.together, MOST_AT_ONCE)
        yield from (range(first, min(first + MOST_AT_ONCE, self.together)) for first in starts)
        yield from (range(index, index + 1) for index in range(self.together, self.each))


# 100,000 and 1,000 diagnoses.
FULL = {"moto": Effort(1000, 90, 10), "embedded": Effort(20, 40, 10)}
QUICK = {"moto": Effort(12, 25, 12), "embedded": Effort(3, 25, 12)}


def benchmark_fleet(models: Path, name: str, *, quick: bool = False) -> dict[str, object]:
    """Keep a fleet's diagnoses in DynamoDB on this machine: moto, and the embedded services.

    Args:
        models: folder of the packages.
        name: of the model whose classes are diagnosed.
        quick: a few assets.

    Returns:
        For each of the services: units of keeping a diagnosis alone and in a batch, of a page of a history and of the
        assets; sizes of items; how writes spread over the partitions; how long items are kept; machine and versions.

    Raises:
        BuildError: a diagnosis is missing, twice, or expires at another time than its retention asks.
        EmbeddedServicesError: the services cannot be installed or started.
    """
    manifest, efforts = ModelRepository(models).manifest(name), QUICK if quick else FULL
    services = {}
    for service, effort in efforts.items():
        with SERVICES[service]():
            services[service] = _measure(service, manifest, effort)
    return {
        "model": name,
        "in_a_batch": MOST_AT_ONCE,
        "retention_days": RETENTION_S // DAY_S,
        "services": services,
        **measured_on(),
    }


@dataclass
class _Turns:
    """Counts alerts in place of a bus."""

    count: int = 0

    def raise_alert(self, asset_id: str, change: Change, alert_id: str) -> None:
        """Count one."""
        self.count += 1


@dataclass
class _Writer:
    """Writes a fleet's diagnoses as they come, and adds up the units of that."""

    meter: Meter
    now_s: float = _BEGAN_S
    turns: _Turns = field(default_factory=_Turns)
    together: Usage = field(default_factory=Usage)
    alone: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        self.table = HistoryTable(HISTORY, AlertRule(), RETENTION_S, self.turns, lambda: self.now_s)

    def write(self, service: str, fleet: Fleet, effort: Effort) -> None:
        """Write all: each asset's next batch, asset by asset, before the batches after it."""
        for group in Progress(list(effort.groups()), f"fleet in {service}", "round"):
            self.now_s = fleet.recorded_at_s(group[-1])
            for name in fleet.names:
                self._keep(fleet.observations(name, group))

    def _keep(self, observations: Sequence[Observation]) -> None:
        self.table.record(observations)
        (self.alone if len(observations) == 1 else self.together).add(self.meter.take())


def _measure(service: str, manifest: Manifest, effort: Effort) -> dict[str, object]:
    client, fleet = dynamodb_client(), Fleet(manifest, effort.assets, effort.each, _BEGAN_S)
    with metering(client, KEYS.keys[0]) as meter:
        writer = _Writer(meter)
        writer.write(service, fleet, effort)
        pages = _pages(writer.table, fleet.names[0], meter)
    contents = contents_of(client, HISTORY, fleet.names)
    check(contents, effort)
    return {
        "assets": effort.assets,
        "diagnoses": effort.diagnoses,
        "alerts": writer.turns.count,
        "alone": per_diagnosis(writer.alone, effort.assets * effort.alone),
        "together": per_diagnosis(writer.together, effort.assets * effort.together),
        "pages": pages,
        "partitions": partitions(contents, writer.together, writer.alone),
        "diagnosis_bytes": statistics.mean(contents.diagnosis_bytes),
        "asset_bytes": statistics.mean(contents.asset_bytes),
        "kept_days": [seconds / DAY_S for seconds in contents.kept_s],
    }


def _pages(table: HistoryTable, asset_id: str, meter: Meter) -> dict[str, dict[str, float]]:
    """Read what the API reads for a page of a history, with the asset's summary, and for one of the assets."""
    table.asset(asset_id)
    history = table.series(asset_id, _EVER, _PAGE, None, forward=False).items
    of_history = meter.take().read
    assets = table.assets(_PAGE, None).items
    return {
        "history": {"items": len(history), "read_units": of_history},
        "assets": {"items": len(assets), "read_units": meter.take().read},
    }


def check(contents: Contents, effort: Effort) -> None:
    """Check that a history holds each diagnosis once, for its retention.

    Raises:
        BuildError: one is missing, twice, or kept for another time.
    """
    counts = set(contents.of_diagnoses)
    if counts != {effort.each} or contents.items[ASSETS] != effort.assets or contents.counted != effort.diagnoses:
        raise BuildError(
            f"The history holds {sum(contents.of_diagnoses)} diagnoses of {contents.items[ASSETS]} assets, whose "
            f"summaries count {contents.counted}; {effort.diagnoses} of {effort.assets} were kept in it."
        )
    # A batch is kept when its last recording was made; an expiry has whole seconds.
    most_s = RETENTION_S + MOST_AT_ONCE * INTERVAL_S
    if not RETENTION_S - 1 <= contents.kept_s[0] <= contents.kept_s[1] <= most_s:
        raise BuildError(f"Diagnoses are kept {contents.kept_s} s after their recordings; {RETENTION_S} were asked.")


def partitions(contents: Contents, *usages: Usage) -> dict[str, float]:
    """Return how many partition keys there are, their items, and the share of write units of the busiest ones."""
    written = sum((usage.written for usage in usages), start=Counter[str]())
    of_assets = {name: units for name, units in written.items() if name != ASSETS}
    return {
        "keys": len(contents.items),
        "items_least": min(contents.of_diagnoses),
        "items_most": max(contents.of_diagnoses),
        "busiest_asset_share": max(of_assets.values()) / sum(of_assets.values()),
        "assets_share": written[ASSETS] / written.total(),
    }


def per_diagnosis(usage: Usage, diagnoses: int) -> dict[str, float]:
    """Return units of a diagnosis: write units, of them those of the partition of all assets, and read units."""
    return {
        "write_units": usage.written.total() / diagnoses,
        "assets_write_units": usage.written[ASSETS] / diagnoses,
        "read_units": usage.read / diagnoses,
    }

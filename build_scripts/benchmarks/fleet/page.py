"""A fleet's history as a section of the benchmark page; every figure comes from the report."""

from collections.abc import Mapping
from typing import Any

Report = Mapping[str, Any]

_SERVICES = {"moto": "moto, in this process", "embedded": "the embedded services"}


def render_fleet(report: Report) -> str:
    """Return the table of a report of `benchmark_fleet`."""
    services = report["services"]
    columns = [_column(one, report["in_a_batch"]) for one in services.values()]
    heads = ["what", *(_SERVICES[name] for name in services)]
    rows = (f"| {' | '.join((title, *(column[title] for column in columns)))} |\n" for title in columns[0])
    return f"{_intro(report)}\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n{''.join(rows)}"


def _intro(report: Report) -> str:
    return (
        "Diagnoses of many assets, kept and read by the history's own code: of each asset first those of a job,\n"
        f"{report['in_a_batch']} together at most, then one at a time, as requests come. A tenth of the assets gets a\n"
        "fault. Every recording has a severity zone: summaries of assets are as large as they get. Units are\n"
        "DynamoDB's, counted from the items of every call by the rules of AWS's documentation; nothing here is a\n"
        "time. In the end the diagnoses of every asset are counted, and those of each twentieth read: each is there\n"
        f"once, and expires {report['retention_days']} days after it was kept. What a larger fleet costs:\n"
        "[capacity](capacity.md#the-history-of-a-fleet).\n"
    )


def _column(found: Report, in_a_batch: int) -> dict[str, str]:
    alone, together, pages, partitions = found["alone"], found["together"], found["pages"], found["partitions"]
    least_days, most_days = found["kept_days"]
    return {
        "assets, diagnoses": f"{found['assets']:,}, {found['diagnoses']:,}",
        "mean bytes of a diagnosis, of the summary of an asset": (
            f"{found['diagnosis_bytes']:.0f}, {found['asset_bytes']:.0f}"
        ),
        "one diagnosis alone: write units, of them in the partition of all assets": _written(alone),
        f"one of a job, at most {in_a_batch} together: the same": _written(together),
        "one diagnosis alone, together: read units": f"{alone['read_units']:.2f}, {together['read_units']:.2f}",
        "read units of a page of a history, and diagnoses on it": _page(pages["history"]),
        "read units of a page of the assets, and assets on it": _page(pages["assets"]),
        "partition keys": f"{partitions['keys']:,}",
        "diagnoses in the partition of an asset, least and most": (
            f"{partitions['items_least']:,}, {partitions['items_most']:,}"
        ),
        "share of the busiest asset of all that is written to partitions of assets": (
            f"{partitions['busiest_asset_share']:.2%}"
        ),
        "share of the partition of all assets of all that is written": f"{partitions['assets_share']:.0%}",
        "days from a recording to the expiry of its diagnosis, least and most": f"{least_days:.2f}, {most_days:.2f}",
        "changes of a condition, each with its alert": f"{found['alerts']:,}",
    }


def _written(units: Report) -> str:
    return f"{units['write_units']:.2f}, {units['assets_write_units']:.2f}"


def _page(page: Report) -> str:
    return f"{page['read_units']:g}, {page['items']:,}"

"""Jobs as a section of the benchmark page; every figure comes from the report."""

from collections.abc import Mapping
from typing import Any

Report = Mapping[str, Any]

_SPEEDS = {
    "job": "the job, from its first part to its end",
    "bare": "the same diagnoses in one thread of one process, samples in memory",
    "engine": "the engine's calls of these alone",
    "upload": "uploading, by one connection",
}


def render_jobs(report: Report) -> str:
    """Return the tables of a report of `benchmark_jobs`."""
    history = report["history"]
    latencies = f"{history['without_ms']:.2f} and {history['with_ms']:.2f} ms"
    rows = (
        ("a job's throughput, share of that of the same diagnoses in one thread", f"{report['job_to_bare']:.2f}"),
        ("a job's throughput, share of that of the engine's calls alone", f"{report['job_to_engine']:.2f}"),
        ("peak memory of `local_server.py` and its workers, together", f"{report['peak_memory_mb']:.0f} MB"),
        ("peak memory of the services that stand in for AWS", f"{report['services_peak_memory_mb']:.0f} MB"),
        ("an answer with `asset_id`, times the latency of one without", f"{history['with_to_without']:.2f}"),
        ("median latency of an answer without and with", latencies),
    )
    figures = "".join(f"| {what} | {figure} |\n" for what, figure in rows)
    speeds = "".join(f"| {label} | {report['per_second'][name]:.0f} |\n" for name, label in _SPEEDS.items())
    return (
        f"{_intro(report)}\n| figure | value |\n| --- | --- |\n{figures}\n"
        f"| what | recordings a second |\n| --- | --- |\n{speeds}"
    )


def _intro(report: Report) -> str:
    return (
        f"{report['recordings']} simulated records of five seconds, int16, {report['in_a_file']} to a file,\n"
        "uploaded to `local_server.py`; its workers and the services that stand in for AWS share this machine's\n"
        "cores. Every result is held to that of the same record diagnosed directly, in order. Figures are medians of\n"
        f"{report['rounds']} rounds, ratios of those within a round. For the history {report['requests']} requests\n"
        f"with an asset and as many without take turns, {report['pause_ms']:.0f} ms apart.\n"
    )


def job_rows(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the README's rows on jobs."""
    return (
        (
            f"a job of {report['recordings']} records of five seconds, against the same diagnoses in one thread",
            f"{report['job_to_bare']:.2f} of the throughput, {report['peak_memory_mb']:.0f} MB",
        ),
    )

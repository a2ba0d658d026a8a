"""Benchmarks to docs: the figures as JSON, and a page rendered from them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from build_scripts.benchmarks.attack.page import render_robustness, robustness_rows
from build_scripts.benchmarks.bearing.page import render_bearing
from build_scripts.benchmarks.cold_start.page import render_cold_start, summary_rows
from build_scripts.benchmarks.container_load.page import render_serving, serving_rows
from build_scripts.benchmarks.fleet.page import render_fleet
from build_scripts.benchmarks.job_load.page import job_rows, render_jobs
from build_scripts.benchmarks.networks.page import network_rows, render_networks
from build_scripts.benchmarks.peers.page import render_peers, render_peers_summary
from build_scripts.benchmarks.reference_recipe import REFERENCE
from build_scripts.benchmarks.soak.page import render_soak
from build_scripts.benchmarks.variants.page import render_variants
from build_scripts.benchmarks.variants.recipe import labels_of
from build_scripts.errors import BuildError
from build_scripts.evidence.card.across import render_across
from build_scripts.evidence.card.disturbed import render_disturbed
from functions.core.models.manifest import Manifest

_RATIOS = {
    "speedup_over_reference_onnx_fp32": "int8 model, times faster than the reference network in onnxruntime float32",
    "fp32_speedup_over_reference_onnx_fp32": "float32 model, times faster than the same",
    "int8_speedup_over_onnx_fp32": "int8 by this project's recipe, times faster than float32",
    "dynamic_uint8_speedup_over_onnx_fp32": "dynamic int8, uint8 weights, times faster than float32",
    "dynamic_int8_speedup_over_onnx_fp32": "dynamic int8, int8 weights, times faster than float32",
    "int8_size_ratio": "int8 file, share of the float32 file",
    "onnx_fp32_speedup_over_pytorch": "onnxruntime float32, times faster than PyTorch",
    "overhead_ms_over_engine": "a request with one window as octet-stream, ms above the bare engine call",
    "json_speedup_over_fastapi": "a request with one window as JSON, times faster than FastAPI with `list[float]`",
}
# The part whose rows the summary has where it is there, and those that `--all` leaves out or another command writes.
NETWORKS = "networks"
PEERS, FLEET, SOAK = "peers", "fleet", "soak"
ROBUSTNESS, ACROSS, DISTURBANCES = "robustness", "across_machines", "disturbances"
OTHER_PARTS = (PEERS, FLEET, SOAK, ROBUSTNESS, ACROSS, DISTURBANCES)
_TITLES = {
    "against_reference": ("The shipped model against the reference network", "benchmark --against-reference"),
    "reference": ("The quantization recipe on the reference network", "benchmark --reference"),
    "variants": ("The shipped model in all its forms", "benchmark --variants"),
    "networks": ("Everyday networks", "benchmark --networks"),
    "http": ("A request, end to end", "benchmark --http"),
    "bearing": ("A window of a stated bearing", "benchmark --bearing"),
    "cold_start": ("A cold start on Lambda", "benchmark --cold-start"),
    "serving": ("The container under load", "benchmark --serving"),
    SOAK: ("A soak under load", "benchmark --soak"),
    PEERS: ("Beside the peers", "benchmark --peers"),
    "jobs": ("A night's recordings", "benchmark --jobs"),
    FLEET: ("A fleet's history", "benchmark --fleet"),
    "robustness": ("Under attack", "attack"),
    "across_machines": ("Machines that a model never saw", "evaluate --model any-bearing --data DATA"),
    DISTURBANCES: ("Other machines and measuring chains", "evaluate --model journal-bearing --disturbed"),
}
_ARMS = {
    "engine": "bare engine call",
    "palier_octet_stream": "Palier, octet-stream",
    "palier_json": "Palier, JSON",
    "fastapi_json": "FastAPI, `list[float]` JSON",
    "reference_onnx_fp32": "reference ResNet-18, onnxruntime float32",
} | labels_of(REFERENCE.variants)
# Of a document, and of a report that was written alone.
DATE = "date"
# Sections of more than one table.
_PAGES = {
    "bearing": render_bearing,
    "cold_start": render_cold_start,
    "serving": render_serving,
    "jobs": render_jobs,
    FLEET: render_fleet,
    NETWORKS: render_networks,
    SOAK: render_soak,
    PEERS: render_peers,
    ROBUSTNESS: render_robustness,
    ACROSS: render_across,
    DISTURBANCES: render_disturbed,
}
_PERCENTILES = {"p50_ms": "median ms", "p95_ms": "95th percentile ms", "p99_ms": "99th percentile ms"}

Report = Mapping[str, Any]

README = Path(__file__).resolve().parents[2] / "README.md"
# Where the README has its tables.
_SUMMARY = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)
_PEERS = re.compile(r"(?<=<!-- peers -->\n).*?(?=<!-- /peers -->)", re.DOTALL)


def write_benchmarks(reports: Mapping[str, Report], manifest: Manifest, folder: Path) -> None:
    """Write `benchmarks.json` and `benchmarks.md` into a folder, and the summary into the README.

    What another command has written there stays.

    Args:
        reports: all of `against_reference`, `reference`, `variants`, `networks`, `http`, `bearing`, `cold_start`,
            `serving` and `jobs`.
        manifest: of the model that was measured; its evidence is quoted beside the times.
        folder: for example docs.
    """
    int8 = manifest.variant("int8")
    evidence = msgspec.to_builtins(manifest.evidence) | {"int8_size_bytes": int8.size_bytes}
    others = {name: report for name, report in _read(folder).get("reports", {}).items() if name in OTHER_PARTS}
    _write({DATE: _today(), "evidence": evidence, "reports": {**reports, **others}}, folder)


def write_part(name: str, report: Report, folder: Path) -> None:
    """Write one report beside the others of a folder, with its own date; their figures and their date stay.

    Args:
        name: of the report, as `write_benchmarks` lists them, or one of OTHER_PARTS.
        report: with its figures.
        folder: for example docs.

    Raises:
        BuildError: the folder has no benchmarks yet.
    """
    document = _read(folder)
    if not document:
        raise BuildError(f"{folder} has no benchmarks.json to write into; make it first: make bench.")
    reports = {**document["reports"], name: {**report, DATE: _today()}}
    in_order = {one: reports[one] for one in _TITLES if one in reports}
    _write({**document, "reports": in_order}, folder)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "benchmarks.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _write(document: Mapping[str, Any], folder: Path) -> None:
    (folder / "benchmarks.json").write_text(json.dumps(document, indent=2) + "\n")
    (folder / "benchmarks.md").write_text(render_benchmarks(document))
    README.write_text(with_summary(README.read_text(), document))


def with_summary(readme: str, document: Mapping[str, Any]) -> str:
    """Return a README with the summary of a benchmark document between its `measured` marks, peers between theirs.

    Where the peers were not measured, what stands there stays.
    """
    reports = document["reports"]
    if PEERS in reports:
        readme = _PEERS.sub(lambda _: render_peers_summary(reports[PEERS]), readme)
    return _SUMMARY.sub(lambda _: _summary(document), readme)


def _summary(document: Mapping[str, Any]) -> str:
    evidence, reports = document["evidence"], document["reports"]
    int8, fp32 = evidence["accuracy"]["int8"], evidence["accuracy"]["fp32"]
    against, reference, http = reports["against_reference"], reports["reference"], reports["http"]
    rows = (
        (f"records right, of {evidence['records']} simulated ones never seen", f"{int8['record']:.1%}"),
        ("their 1 s windows right, int8 (float32)", f"{int8['window']:.2%} ({fp32['window']:.2%})"),
        ("int8 model file", f"{evidence['int8_size_bytes'] / 1000:.0f} kB"),
        (
            "int8 model against a 1-D ResNet-18 in onnxruntime float32",
            f"{against['speedup_over_reference_onnx_fp32']:.0f} times faster",
        ),
        (
            "the int8 recipe on that ResNet-18, against its float32",
            f"{reference['int8_speedup_over_onnx_fp32']:.1f} times faster, "
            f"{reference['int8_size_ratio']:.2f} of the size",
        ),
        ("a window over HTTP, above the bare engine call", f"{http['overhead_ms_over_engine']:.2f} ms"),
        (
            "a window as JSON, against FastAPI with `list[float]`",
            f"{http['json_speedup_over_fastapi']:.1f} times faster",
        ),
        *(network_rows(reports[NETWORKS]) if NETWORKS in reports else ()),
        *summary_rows(reports["cold_start"]),
        *(serving_rows(reports["serving"]) if "serving" in reports else ()),
        *(job_rows(reports["jobs"]) if "jobs" in reports else ()),
        *(robustness_rows(reports[ROBUSTNESS]) if ROBUSTNESS in reports else ()),
    )
    table = "".join(f"| {what} | {figure} |\n" for what, figure in rows)
    machine = reports["http"]["machine"]
    return f"| measured {_dates(document)} on {machine} | |\n| --- | --- |\n{table}"


def _dates(document: Mapping[str, Any]) -> str:
    """Return the day, or the first and the last day, on which the reports were made."""
    days = sorted({report.get(DATE, document[DATE]) for report in document["reports"].values()})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def render_benchmarks(document: Mapping[str, Any]) -> str:
    """Return the page of a benchmark document; no figure stands on it that is not in the document."""
    reports: Mapping[str, Report] = document["reports"]
    first = next(iter(reports.values()))
    versions = ", ".join(f"{name} {number}" for name, number in first["versions"].items())
    head = (
        "# Benchmarks\n\n"
        f"Measured {_dates(document)} by `make bench`, which writes this page. One thread and one window a call\n"
        "unless a table states others; all arms of a table take turns in one run. Times on a shared machine drift:\n"
        "trust the ratios.\n\n"
        f"Machine: {first['machine']} ({', '.join(first['cpu_flags'])}). {versions}.\n"
    )
    return head + "".join(_section(name, report) for name, report in reports.items())


def _section(name: str, report: Report) -> str:
    title, command = _TITLES[name]
    alone = f", measured {report[DATE]}" if DATE in report else ""
    head = f"\n## {title}\n\n`python -m build_scripts {command}`{alone}\n\n"
    if name in _PAGES:
        return head + _PAGES[name](report)
    figures = "".join(
        f"| {sentence} | {report[key]:.{_digits(report[key])}f} |\n"
        for key, sentence in _RATIOS.items()
        if key in report
    )
    times = render_variants(report) if "cells" in report else _latencies(report["latency_ms"])
    return f"{head}| figure | value |\n| --- | --- |\n{figures}\n{times}"


def _latencies(arms: Report) -> str:
    """Return a table of arms; reports from before the 99th percentile are without it."""
    columns = {key: head for key, head in _PERCENTILES.items() if all(key in times for times in arms.values())}
    heads = f"| arm | {' | '.join(columns.values())} |\n| --- |{' --- |' * len(columns)}\n"
    return heads + "".join(
        f"| {_ARMS.get(arm, arm.replace('_', ' '))} | {' | '.join(f'{times[key]:.3f}' for key in columns)} |\n"
        for arm, times in arms.items()
    )


def _digits(value: float) -> int:
    return 0 if value >= 100 else 1 if value >= 10 else 2

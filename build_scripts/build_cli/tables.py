"""Reports as tables for a terminal."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.table import Table

from build_scripts.benchmarks.attack.page import render_attack
from build_scripts.benchmarks.networks.page import networks_tables
from build_scripts.benchmarks.peers.page import render_peers
from build_scripts.benchmarks.variants.table import PARTS, render_comparison

# Columns of an evaluation across machines.
ACROSS = ("recordings", "any-bearing", "plain rule", "rolling-bearing", "windows_right", "windows_wrong_fault")
# Columns of an evaluation on disturbed records.
DISTURBED = ("records", "right", "flagged", "wrong", "sure_and_wrong")

# Result of a command; `--json` prints it as it is.
Report = dict[str, object]


def render(step: str, report: Mapping[str, Any]) -> RenderableType:
    """Return a report as something rich prints."""
    return RENDERERS.get(step, render_report)(report)


def render_report(report: Mapping[str, Any], title: str = "") -> RenderableType:
    """Return a report as a table of two columns; an inner object has a table of its own below.

    A comparison of variants has its tables below; one of networks is a table of them, one of peers its page.
    """
    if "networks" in report:
        return networks_tables(report)
    if "engines" in report:
        return Markdown(render_peers(report))
    if {"cells", "variants"} <= report.keys():
        others = {name: value for name, value in report.items() if name not in PARTS}
        return Group(render_report(others, title), render_comparison(report))
    table = Table("figure", "value", title=title or None, title_justify="left")
    for name, value in report.items():
        if not isinstance(value, dict):
            table.add_row(_words(name), _text(value))
    inner = [render_report(value, _words(name)) for name, value in report.items() if isinstance(value, dict)]
    return Group(*([table] if table.row_count else []), *inner)


def render_evaluation(report: Mapping[str, Any]) -> RenderableType:
    """Return an evaluation as a table: all classes, then each, records and windows right per variant."""
    if "sets" in report:
        return render_across(report)
    if "versions" in report:
        return render_disturbances(report)
    variants: Mapping[str, Any] = report["variants"]
    columns = [f"{name}\n{what}" for name in variants for what in ("records", "windows")]
    title = f"{report['model']} {report['version']}, {report['records']} records: share right"
    table = Table("class", *columns, title=title, title_justify="left")
    table.add_row("all", *_shares(variants.values()), end_section=True)
    for identifier in next(iter(variants.values()))["per_class"]:
        table.add_row(identifier, *_shares(variant["per_class"][identifier] for variant in variants.values()))
    return table


def render_across(report: Mapping[str, Any]) -> RenderableType:
    """Return an evaluation across machines as a table: recordings right by set and class, then windows."""
    table = Table("set", "class", *ACROSS, title=f"{report['model']} {report['version']}", title_justify="left")
    for title, classes in report["sets"].items():
        for index, (name, figures) in enumerate(classes.items()):
            table.add_row("" if index else title, name, *(_text(figures[key]) for key in ACROSS))
    figures = [render_report(one, f"{title}: visible lines, and normal") for title, one in report["figures"].items()]
    served = [
        render_report(one, f"{title}: {model}, {way}")
        for title, models in report["served"].items()
        for model, ways in models.items()
        for way, one in ways.items()
    ]
    return Group(table, *figures, *served)


def render_disturbances(report: Mapping[str, Any]) -> RenderableType:
    """Return an evaluation on disturbed records as a table: for each kind and version how many were what."""
    table = Table("records", "version", *map(_words, DISTURBED), title=report["model"], title_justify="left")
    versions: Mapping[str, Any] = report["versions"]
    for kind in list(versions.values())[-1]:
        for version, kinds in versions.items():
            table.add_row(kind, version, *(str(kinds[kind][key]) for key in DISTURBED))
    return table


def render_pruning(report: Mapping[str, Any]) -> RenderableType:
    """Return a pruning as tables: what was asked, then accuracy, network and layers, before beside after."""
    network: Mapping[str, Any] = report["network"]
    asked = {name: value for name, value in report.items() if name not in {"accuracy", "network"}}
    layers = {
        name: {layer: _layer(figures) for layer, figures in one["layers"].items()} for name, one in network.items()
    }
    return Group(
        render_report(asked),
        render_columns(report["accuracy"], f"accuracy on the {report['accuracy_on']} records"),
        render_columns(network, "network"),
        render_columns(layers, "layers: channels, weights, share of zeros, multiply-accumulates"),
    )


def render_columns(columns: Mapping[str, Mapping[str, Any]], title: str) -> RenderableType:
    """Return objects of the same names as columns side by side; inner objects are left out."""
    table = Table("figure", *map(_words, columns), title=title, title_justify="left")
    for name, value in next(iter(columns.values())).items():
        if not isinstance(value, dict):
            table.add_row(_words(name), *(_text(column[name]) for column in columns.values()))
    return table


def render_bundle(report: Mapping[str, Any]) -> RenderableType:
    """Return a bundle as a table of its files and, for each architecture, their sum; sizes in MiB."""
    table = Table("file", "zipped MiB", "unzipped MiB", "sha256", title_justify="left")
    for path, figures in report["artifacts"].items():
        table.add_row(path, *_sizes(figures), figures["sha256"][:12])
    for architecture, figures in report["totals"].items():
        table.add_row(f"all for {architecture}", *_sizes(figures), "")
    return table


def _sizes(figures: Mapping[str, Any]) -> list[str]:
    return [f"{figures[name] / 2**20:.2f}" for name in ("zipped_bytes", "unzipped_bytes")]


def _layer(figures: Mapping[str, Any]) -> str:
    counts = [f"{figures[name]:,}" for name in ("channels", "weights", "multiply_accumulates")]
    return f"{counts[0]}, {counts[1]}, {figures['sparsity']:.1%}, {counts[2]}"


def _shares(parts: Any) -> list[str]:
    return [f"{part[key]:.2%}" for part in parts for key in ("record_accuracy", "window_accuracy")]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


RENDERERS: Mapping[str, Callable[[Mapping[str, Any]], RenderableType]] = {
    "attack": render_attack,
    "evaluate": render_evaluation,
    "prune": render_pruning,
    "bundle": render_bundle,
}

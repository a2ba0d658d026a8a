"""The comparison with the peers as a section of the benchmark page; every figure comes from the report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]

OURS = ("local_server", "container")
_TWICE = "local_server_again"
_SHOWN_CONNECTIONS = 8
_BODIES = {"json": "JSON", "binary": "binary"}
_TIMES = {"p50_ms": "median", "p95_ms": "95th percentile", "p99_ms": "99th percentile"}
_NOT_FIRST = (
    "Where neither of Palier's servers is first, and how many times better the first one is; a lead within the noise,\n"
    "or within what `local_server.py` differs from itself in that column, counts as none:\n"
)
# Why a peer may be ahead of Palier.
_LESS = "it does less with a request: no joining of windows, no novelty, no measures of the recording, no limits"
_WHY = {
    "fastapi_raw": _LESS,
    "fastapi_list": _LESS,
    "triton": "its HTTP server is written in C++, and gathers what waits",
    "mlserver": _LESS,
}


def render_peers(report: Report) -> str:
    """Return the tables of a report of `benchmark_peers`."""
    return "\n".join(
        (
            _intro(report),
            *(_cells(report, body) for body in _BODIES),
            _processes(report),
            _firsts(report),
            _engines(report),
        )
    )


def render_peers_summary(report: Report) -> str:
    """Return the table of the README: every server, Palier's first, at 8 connections."""
    heads = ("at 8 connections", "JSON, answers a second", "binary, answers a second", "first answer s", "memory MB")
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for name, one in report["servers"].items():
        if name != _TWICE:
            rates = (_rate_at(one, body, _SHOWN_CONNECTIONS) for body in _BODIES)
            lines.append(f"| {one['label']} | {' | '.join(rates)} | {one['start_s']:.1f} | {one['memory_mb']:.0f} |")
    return "\n".join([*lines, ""])


def _rate_at(server: Report, body: str, connections: int) -> str:
    found = [cell["per_second"] for cell in _of(server, body) if cell["connections"] == connections]
    return f"{found[0]:,.0f}" if found else "-"


def _intro(report: Report) -> str:
    turns = f"{report['rounds']} rounds, each {report['seconds']:g} s a cell"
    return (
        f"One window of `{report['model']}` at a time, the same model file everywhere, one process, one thread in the\n"
        "engine; every server in an environment of its own (`build_scripts/locks/peers`), as its makers'\n"
        "documentation shows it. wrk shares this machine's cores with the server. Answers of 200 count; refusals\n"
        "(429, 503) and failures stand in brackets. The servers take turns; a figure is the median of\n"
        f"{turns}. `local_server.py` stands twice: between the two\n"
        f"the largest ratio is {report['noise']:.2f}, so that smaller differences are none. Palier's answers hold\n"
        "more: windows joined, novelty, what was measured of the recording.\n"
    )


def _cells(report: Report, body: str) -> str:
    columns = ("answers a second", *(f"{name} ms" for name in _TIMES.values()))
    heads = [_BODIES[body], *(f"{one} at 1 / 8 / 64" for one in columns)]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for one in report["servers"].values():
        cells = _of(one, body)
        if cells:
            times = (" / ".join(f"{cell[name]:.2f}" for cell in cells) for name in _TIMES)
            lines.append(f"| {' | '.join((one['label'], ' / '.join(map(_rate, cells)), *times))} |")
    return "\n".join([*lines, ""])


def _processes(report: Report) -> str:
    lines = ["| server | first right answer s | memory MB | installed MB |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {one['label']} | {one['start_s']:.2f} | {one['memory_mb']:.0f} | {one['installed_mb']:.0f} |"
        for one in report["servers"].values()
    ]
    return "\n".join([*lines, ""])


def _firsts(report: Report) -> str:
    """Return the columns in which neither of Palier's servers is first, by peer, with the reason."""
    behind: dict[str, list[str]] = {}
    for column, name, factor in _behind(report):
        behind.setdefault(name, []).append(f"{column} ({factor:.2f})")
    if not behind:
        return "Palier is first in every column.\n"
    lines = [
        f"- {report['servers'][name]['label']}: {'; '.join(columns)}. Reason: {_WHY.get(name, 'not known')}."
        for name, columns in behind.items()
    ]
    return "\n".join((_NOT_FIRST, *lines, ""))


def _engines(report: Report) -> str:
    """Return the table of engines: the same network in each, from its float32 and its int8 file."""
    lines = [
        "The same network in other engines, one thread, one window, in turn in one process; distance: the largest",
        "difference of a logit from onnxruntime's with the same file. LiteRT is not among them: it takes no ONNX",
        "file, and its converters ask for TensorFlow (onnx2tf) or JAX (litert-torch).",
        "",
        "| engine | file | load ms | a window ms | distance | installed MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in report["engines"]:
        name = f"{one['engine']} {one['version']} | {one['model']}"
        if "refused" in one:
            lines.append(f"| {name} | {one['refused']} | | | {one['installed_mb']:.0f} |")
            continue
        figures = (f"{one['load_ms']:.1f}", f"{one['ms']:.3f}", f"{one['distance']:.2g}", f"{one['installed_mb']:.0f}")
        lines.append(f"| {name} | {' | '.join(figures)} |")
    return "\n".join([*lines, "", *_why_onnxruntime(report["engines"])])


def _why_onnxruntime(engines: Sequence[Report]) -> Iterator[str]:
    """Yield why onnxruntime serves, where the figures show it: its fastest file beside the fastest of the others."""
    ran = [one for one in engines if "refused" not in one]
    ours, others = ([one for one in ran if (one["engine"] == "onnxruntime") is is_ours] for is_ours in (True, False))
    if not ours or not others:
        return
    best, next_best = (min(found, key=lambda one: float(one["ms"])) for found in (ours, others))
    if best["ms"] < next_best["ms"]:
        faster, sooner = next_best["ms"] / best["ms"], next_best["load_ms"] / best["load_ms"]
        yield (
            f"onnxruntime serves because its fastest file runs {faster:.1f} times as fast as any of the others\n"
            f"({next_best['engine']}, {next_best['model']}), and loads {sooner:.1f} times as fast.\n"
        )


def _behind(report: Report) -> Iterator[tuple[str, str, float]]:
    """Yield the column, the best peer, and how many times better it is than the better of Palier's servers."""
    columns: dict[str, dict[str, float]] = {}
    for name, one in report["servers"].items():
        for column, figure in _figures(one):
            columns.setdefault(column, {})[name] = figure
    for column, figures in columns.items():
        again = figures.pop(_TWICE, figures[OURS[0]]) / figures[OURS[0]]
        best = max(figures, key=lambda name: figures[name])
        factor = figures[best] / max(figures[name] for name in OURS)
        if best not in OURS and factor > max(report["noise"], again, 1 / again):
            yield column, best, factor


def _figures(server: Report) -> Iterator[tuple[str, float]]:
    """Yield every column of the tables with its figure, the higher the better."""
    for cell in server["cells"]:
        place = f"{_BODIES[cell['body']]} at {cell['connections']}"
        yield f"{place}, answers a second", cell["per_second"]
        yield from ((f"{place}, {name}", 1 / cell[key]) for key, name in _TIMES.items())
    for column, key in (("first right answer", "start_s"), ("memory", "memory_mb"), ("installed", "installed_mb")):
        yield column, 1 / server[key]


def _of(server: Report, body: str) -> list[Mapping[str, float]]:
    return [cell for cell in server["cells"] if cell["body"] == body]


def _rate(cell: Mapping[str, float]) -> str:
    others = cell["refused"] + cell["failed"]
    return f"{cell['per_second']:,.0f}" + (f" [{others:,.0f}]" if others else "")

"""The benchmark of everyday networks as tables, for Markdown and for the terminal, rendered from its JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table

Report = Mapping[str, Any]

KEPT = ("network", "kept", "float32 ms", "kept ms", "times faster", "size", "agreement", "records right", "float32's")


@dataclass(frozen=True)
class Rows:
    """A table: its heads, and its rows as texts."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_markdown(self) -> str:
        """Return the table in Markdown."""
        lines = (self.heads, ["---"] * len(self.heads), *self.rows)
        return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)

    def as_rich(self, title: str) -> Table:
        """Return the table for a terminal."""
        table = Table(*self.heads, title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for cells in self.rows:
            table.add_row(*cells)
        return table


def render_networks(report: Report) -> str:
    """Return the table of what builds keep, and the one beside onnxruntime's own quantization."""
    return (
        f"Measured {report['date']} on {report['machine']}.\n"
        "Each network is trained on a toy machine and built by its recipe alone. Speed is times that of the float32\n"
        "file that the build optimized: one window on one thread, all files of a network in turn. Agreement is the\n"
        "share of unseen windows of which a file names the same class as float32.\n\n"
        f"{kept_rows(report).as_markdown()}\n"
        "The same float32 files through onnxruntime's functions and their defaults: speed, and agreement in brackets.\n"
        "The last column is the speed of what the build keeps over the fastest of these that passes the gates of\n"
        "accuracy and agreement.\n\n"
        f"{plain_rows(report).as_markdown()}"
    )


def networks_tables(report: Report) -> RenderableType:
    """Return the same tables for a terminal."""
    plain = "onnxruntime's functions: speed (agreement)"
    return Group(kept_rows(report).as_rich("what the build keeps"), plain_rows(report).as_rich(plain))


def network_rows(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the README's row: how many networks are kept as int8, and how much faster they are."""
    networks = report["networks"].values()
    speeds = [one["arms"]["kept"]["speedup"] for one in networks if "kept" in one["arms"]]
    figure = f"{len(speeds)} of {len(networks)}, {min(speeds):.1f} to {max(speeds):.1f} times faster"
    return (("kinds of network that `build` keeps in int8, against their float32", figure),)


def kept_rows(report: Report) -> Rows:
    """Return the rows of the files that the build keeps."""
    return Rows(KEPT, [_kept(one) for one in report["networks"].values()])


def _kept(one: Report) -> list[str]:
    arms, accuracy = one["arms"], one["accuracy"]
    served = arms.get("kept", arms["fp32"])
    return [
        one["label"],
        one["variant"] or "float32",
        f"{arms['fp32']['latency']['p50_ms']:.3f}",
        f"{served['latency']['p50_ms']:.3f}",
        f"{served['speedup']:.2f}",
        f"{served['size_ratio']:.2f}",
        f"{served['agreement']:.3f}",
        f"{accuracy[one['precision']]['record']:.1%}",
        f"{accuracy['fp32']['record']:.1%}",
    ]


def plain_rows(report: Report) -> Rows:
    """Return the rows of every plain way, and the speed of the kept file over the best of them."""
    ways: Mapping[str, str] = report["plain"]
    heads = ("network", *ways.values(), "kept against the best")
    return Rows(heads, [_plain(one, list(ways)) for one in report["networks"].values()])


def _plain(one: Report, ways: Sequence[str]) -> list[str]:
    ratio = one["speedup_over_best_plain"]
    cells = [_plain_cell(one["arms"].get(way)) for way in ways]
    return [one["label"], *cells, "none passes" if ratio is None else f"{ratio:.2f}"]


def _plain_cell(arm: Report | None) -> str:
    return "fails" if arm is None else f"{arm['speedup']:.2f} ({arm['agreement']:.3f})"

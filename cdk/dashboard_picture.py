"""Draw the layout of the dashboard in a synthesized template: what stands where, and what each panel shows.

    python -m cdk.dashboard_picture cdk.out/palier-prod-observability.template.json docs/dashboard.svg

It draws panels, titles and the names of their metrics. It draws no curves: there is nothing measured in a template.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_COLUMN, _ROW, _MARGIN, _GAP = 50, 28, 16, 3
_COLUMNS = 24
_LINE = 15
# Widths of the characters of a sans-serif of 11 and 13 pixels, on the safe side.
_SMALL, _BOLD = 5.9, 8.0

_STYLE = (
    "text{font:11px sans-serif;fill:#444}.t{font:bold 13px sans-serif;fill:#111}.v{font-style:italic;fill:#888}"
    "rect{fill:#fff;stroke:#c3c9d0;rx:4px}.b{fill:#eef1f4;stroke:none}"
)


@dataclass(frozen=True)
class Panel:
    """A panel: its place in columns and rows, its title, how it shows what, and the lines below the title."""

    x: int
    y: int
    width: int
    height: int
    title: str
    view: str
    lines: tuple[str, ...]


def panels(template: dict[str, Any]) -> list[Panel]:
    """Return the panels of the one dashboard in a template, in their order."""
    (dashboard,) = (
        resource for resource in template["Resources"].values() if resource["Type"] == "AWS::CloudWatch::Dashboard"
    )
    body = json.loads(_text(dashboard["Properties"]["DashboardBody"]))
    return [_panel(widget) for widget in body["widgets"]]


def draw(found: Sequence[Panel]) -> str:
    """Return the panels as an SVG document; the same panels make the same bytes."""
    width = _COLUMNS * _COLUMN + 2 * _MARGIN
    height = max(panel.y + panel.height for panel in found) * _ROW + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<style>{_STYLE}</style><rect class="b" width="{width}" height="{height}"/>',
        *(_drawn(panel) for panel in found),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Draw the dashboard of a template into a file."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m cdk.dashboard_picture TEMPLATE.json PICTURE.svg\n")
        return 2
    source, target = map(Path, arguments)
    target.write_text(draw(panels(json.loads(source.read_text()))))
    return 0


def _text(value: Any) -> str:
    """Join what CloudFormation would join; what only it knows stands as a name in braces."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "{deployed}" for part in value["Fn::Join"][1])


def _panel(widget: dict[str, Any]) -> Panel:
    properties = widget["properties"]
    place = (widget["x"], widget["y"], widget["width"], widget["height"])
    if widget["type"] == "text":
        title, *lines = [line for line in properties["markdown"].split("\n") if line]
        return Panel(*place, title.lstrip("# "), "text", tuple(lines))
    if widget["type"] == "alarm":
        return Panel(*place, properties["title"], "alarm states", (f"{len(properties['alarms'])} alarms",))
    return Panel(*place, properties["title"], _VIEWS[properties["view"]], tuple(_series(properties)))


_VIEWS = {"timeSeries": "lines over time", "singleValue": "newest value", "pie": "pie"}


def _series(properties: dict[str, Any]) -> Iterator[str]:
    last: list[Any] = []
    for entry in properties["metrics"]:
        options = entry[-1] if isinstance(entry[-1], dict) else {}
        if "expression" in options:
            yield _expression(options)
        else:
            # A dot repeats what stood there in the metric before, three dots all that is left out.
            last = _spread([one for one in entry if not isinstance(one, dict)], last)
            yield _metric(last[0], last[1], options)
    for annotation in properties.get("annotations", {}).get("horizontal", []):
        yield f"line at {annotation['value']:g}: {annotation['label']}"


def _metric(namespace: str, name: str, options: dict[str, Any]) -> str:
    label = options.get("label", name)
    shown = label if name in label else f"{name} of {label}"
    side = " (right)" if options.get("yAxis") == "right" else ""
    # What an expression takes is not drawn itself.
    taken = "" if options.get("visible", True) else f"{options['id']}: "
    return f"{taken}{namespace} {shown}, {options.get('stat', 'Average')}{side}"


def _spread(names: list[Any], last: list[Any]) -> list[Any]:
    return [last[index] if name in {".", "..."} and index < len(last) else name for index, name in enumerate(names)]


def _expression(options: dict[str, Any]) -> str:
    found = re.search(r"SEARCH\('\{(\w+),(.*?)\} MetricName=\"(\w+)\".*?', '(\w+)'", options["expression"])
    if found is None:
        return f"{options['label']} = {options['expression']}"
    namespace, dimensions, name, statistic = found.groups()
    return f"{namespace} {name} by {dimensions.split(',')[-1]}, {statistic}"


def _drawn(panel: Panel) -> str:
    left, top = _MARGIN + panel.x * _COLUMN + _GAP, _MARGIN + panel.y * _ROW + _GAP
    width, height = panel.width * _COLUMN - 2 * _GAP, panel.height * _ROW - 2 * _GAP
    room = width - 20
    below = [line for text in panel.lines for line in _wrapped(text, int(room / _SMALL))]
    texts = [("t", panel.title[: int(room / _BOLD)]), ("v", panel.view), *(("", line) for line in below)]
    lines = (
        f'<text x="{left + 10}" y="{top + 18 + index * _LINE}"{_classed(kind)}>{escape(line)}</text>'
        for index, (kind, line) in enumerate(texts)
        if 18 + index * _LINE < height
    )
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}"/>' + "".join(lines)


def _classed(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _wrapped(text: str, length: int) -> Iterator[str]:
    while len(text) > length:
        cut = text.rfind(" ", 0, length)
        cut = cut if cut > 0 else length
        yield text[:cut]
        text = "  " + text[cut:].lstrip()
    yield text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

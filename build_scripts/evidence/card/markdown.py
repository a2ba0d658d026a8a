"""Parts of a page in Markdown: tables, and plots with their captions."""

from collections.abc import Iterable, Mapping, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; line breaks and bars in a cell are replaced."""
    lines = [[_cell(one) for one in line] for line in (head, *rows)]
    lines.insert(1, ["---"] * len(head))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def picture(plots: Mapping[str, str], name: str, caption: str) -> str:
    """Return a plot with its caption, nothing where there is no such plot."""
    return f"![{caption}]({plots[name]})" if name in plots else ""

"""Differences between stages, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from cdk.stages import Stage


@dataclass(frozen=True)
class Difference:
    """One field, and its value in each stage, in the order of the stages."""

    field: str
    values: tuple[str, ...]


def differences(stages: Sequence[Stage]) -> list[Difference]:
    """Return the fields that are not the same in all stages; a nested field has dots in its name."""
    flat = [dict(_flatten(stage)) for stage in stages]
    names = dict.fromkeys(name for one in flat for name in one)
    found = [Difference(name, tuple(one.get(name, "") for one in flat)) for name in names if name != "name"]
    return [one for one in found if len(set(one.values)) > 1]


def as_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table, padded so that it reads well as plain text too."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = [_line(header, widths), _line(["-" * width for width in widths], widths)]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)]) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def _flatten(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if is_dataclass(value):
        for one in fields(value):
            yield from _flatten(getattr(value, one.name), f"{name}.{one.name}".lstrip("."))
    elif isinstance(value, Mapping):
        for key, one_value in value.items():
            yield from _flatten(one_value, f"{name}.{key}")
    elif isinstance(value, tuple):
        yield name, ", ".join(_text(one) for one in value) or "none"
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    if is_dataclass(value):
        return " ".join(_text(getattr(value, one.name)) for one in fields(value))
    if isinstance(value, bool):
        return "on" if value else "off"
    return "none" if value is None else str(value)

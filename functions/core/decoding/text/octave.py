"""Octave's own format of text: several variables one below the other. Source: Octave, save -text."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from functions.core.errors import SignalShapeError

OCTAVE_MARK = "# Created by Octave"
_VARIABLE = re.compile(r"^# name: ", re.MULTILINE)
_TYPE = re.compile(r"^# type: ([\w ]{1,40})$", re.MULTILINE)
_MOST_VARIABLES = 1024


def as_one_table(text: str) -> str:
    """Return a text of Octave with its single values as statements above its columns; other texts as they are.

    Args:
        text: lines ended by line feeds.

    Raises:
        SignalShapeError: its matrices have unequal lengths, or there are too many variables.
    """
    if not text.startswith(OCTAVE_MARK):
        return text
    variables = _VARIABLE.split(text, _MOST_VARIABLES + 1)[1:]
    if len(variables) > _MOST_VARIABLES:
        raise SignalShapeError(f"The file has more than {_MOST_VARIABLES} variables: save the signal alone.")
    statements: list[str] = []
    tables: dict[str, list[str]] = {}
    for variable in variables:
        name, kind, lines = _parts(variable)
        if kind == "matrix":
            tables[name] = lines
        elif len(lines) == 1:
            statements.append(f"# {name}: {lines[0].strip()}")
    return "\n".join([*statements, *_joined(tables)]) if tables else text


def _parts(variable: str) -> tuple[str, str, list[str]]:
    """Return a variable's name, its type and the lines of its values; a row as a column."""
    name, _, content = variable.partition("\n")
    found = _TYPE.search(content)
    lines = [line for line in content.split("\n") if line.strip() and not line.startswith("#")]
    return name.strip(), found[1] if found else "", lines[0].split() if len(lines) == 1 else lines


def _joined(tables: dict[str, list[str]]) -> list[str]:
    """Return the lines of equally long matrices side by side, below their names."""
    if len({len(lines) for lines in tables.values()}) > 1:
        shown = ", ".join(f"{name[:40]} ({len(lines)} rows)" for name, lines in list(tables.items())[:8])
        raise SignalShapeError(f"The file has matrices of unequal lengths, {shown}: save the signal alone.")
    names = [f"{name}{number}" for name, lines in tables.items() for number in _numbers(lines)]
    return [" ".join(names), *map(" ".join, zip_longest(*tables.values(), fillvalue=""))]


def _numbers(lines: Sequence[str]) -> list[str]:
    """Return what distinguishes the columns of a matrix: nothing where it has one."""
    count = len(lines[0].split()) if lines else 0
    return [f"_{number}" for number in range(1, count + 1)] if count > 1 else [""]

"""LabVIEW's measurement files (LVM), read by lvm_read: text with a header for each segment."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from build_scripts.palier_cli.readers.variables import Value, Variable, check_walk
from functions.core.errors import SignalShapeError

_X, _COMMENT = "X_Value", "Comment"


class LvmFile:
    """A file of text, which is read whole to be listed."""

    @staticmethod
    def prepare() -> None:
        """Import the library, once for all files of the kind; raises ModuleNotFoundError where it is missing."""
        import lvm_read  # noqa: F401

    def __init__(self, path: Path) -> None:
        import lvm_read

        # Not its function that takes a path: that would load a pickle of the same name beside the file.
        content = lvm_read.read_str(path.read_text(encoding="utf-8-sig", errors="replace"))
        segments = [content[number] for number in range(content["Segments"])]
        check_walk(sum(len(one["Channel names"]) for one in segments), 0)
        self._columns: dict[str, Any] = {}
        self.variables = [
            one
            for number, segment in enumerate(segments, 1)
            for one in self._listed(segment, f"segment {number}." if len(segments) > 1 else "")
        ]
        if not self.variables:
            raise SignalShapeError("The file has no column of samples.", field="variable")

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return columns by their names."""
        return {one.name: self._columns[one.name] for one in chosen}

    def _listed(self, segment: Mapping[str, Any], path: str) -> list[Variable]:
        data, names = segment["data"], segment["Channel names"]
        found = []
        # A column of times stands before the first channel, or before each.
        for column, (name, channel) in enumerate(zip(names, _channel_numbers(names), strict=True)):
            if name != _COMMENT and column < data.shape[1]:
                unique = _unique(f"{path}{name or f'column {column + 1}'}", self._columns)
                self._columns[unique] = data[:, column]
                found.append(_variable(unique, data, segment, None if name == _X else channel))
        return found


def _channel_numbers(names: Sequence[str]) -> list[int]:
    """Return for each column how many channels stand before it."""
    return list(accumulate((int(name != _X) for name in names), initial=0))[:-1]


def _variable(name: str, data: Any, segment: Mapping[str, Any], channel: int | None) -> Variable:
    step_s = None if channel is None else _of_channel(segment, "Delta_X", channel)
    unit = None if channel is None else _of_channel(segment, "Y_Unit_Label", channel)
    return Variable(
        name=name,
        shape=(len(data),),
        size_bytes=data.itemsize * len(data),
        is_time=channel is None,
        rate_hz=float(f"{1 / step_s:.6g}") if isinstance(step_s, float) and 0 < step_s < math.inf else None,
        unit=unit if isinstance(unit, str) and unit else None,
    )


def _of_channel(segment: Mapping[str, Any], key: str, channel: int) -> float | str | None:
    values = segment.get(key) or []
    value = values[channel] if channel < len(values) else None
    return float(value) if isinstance(value, int | float) else value


def _unique(name: str, taken: Mapping[str, Any]) -> str:
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name} {number}", number + 1
    return unique

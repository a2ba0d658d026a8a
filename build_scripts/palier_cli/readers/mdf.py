"""ASAM's MDF, version 3 and 4, read by asammdf: channels of groups, each group with its time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from build_scripts.palier_cli.readers.variables import Value, Variable, check_walk

_FLOAT64_BYTES = 8


class MdfFile:
    """A file whose channels are listed from their headers."""

    @staticmethod
    def prepare() -> None:
        """Import the library, once for all files of the kind; raises ModuleNotFoundError where it is missing."""
        import asammdf  # noqa: F401

    def __init__(self, path: Path) -> None:
        import asammdf

        self._file = asammdf.MDF(str(path))
        groups: list[Any] = self._file.groups
        check_walk(sum(len(group.channels) for group in groups), 0)
        self._places: dict[str, tuple[int, int]] = {}
        self.variables = [
            self._listed(number, index, channel, group.channel_group)
            for number, group in enumerate(groups)
            for index, channel in enumerate(group.channels)
        ]

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return the values of channels by their names, converted as the file states."""
        return {one.name: self._values(one) for one in chosen}

    def _listed(self, group: int, index: int, channel: Any, channel_group: Any) -> Variable:
        name = f"group {group}.{channel.name}"
        unique = f"{name} {index}" if name in self._places else name
        self._places[unique] = (group, index)
        count = int(channel_group.cycles_nr)
        return Variable(
            name=unique,
            shape=(count,),
            size_bytes=count * _FLOAT64_BYTES,
            is_time=self._file.masters_db.get(group) == index,
            unit=_unit(channel),
        )

    def _values(self, one: Variable) -> Value:
        group, index = self._places[one.name]
        if one.is_time:
            return np.asarray(self._file.get_master(group), np.float64)
        return np.asarray(self._file.get(group=group, index=index).samples)


def _unit(channel: Any) -> str | None:
    """Return the unit of a channel, which a file of version 3 has at its conversion."""
    return str(channel.unit or getattr(channel.conversion, "unit", "")).strip("\0 ") or None

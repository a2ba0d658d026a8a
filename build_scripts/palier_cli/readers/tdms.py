"""National Instruments' TDMS, read by npTDMS: channels of groups, listed from their headers."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from build_scripts.palier_cli.readers.fields import is_field_name
from build_scripts.palier_cli.readers.variables import Value, Variable, check_walk

_STEP, _UNIT = "wf_increment", "unit_string"


class TdmsFile:
    """A file whose samples are read channel by channel."""

    @staticmethod
    def prepare() -> None:
        """Import the library, once for all files of the kind; raises ModuleNotFoundError where it is missing."""
        import nptdms  # noqa: F401

    def __init__(self, path: Path) -> None:
        import nptdms

        self._file = nptdms.TdmsFile.open(str(path))
        groups = self._file.groups()
        check_walk(sum(len(group.channels()) for group in groups), 0)
        self._channels = {
            f"{group.name}.{channel.name}": channel for group in groups for channel in group.channels() if len(channel)
        }
        self.variables = [
            *_stated("", self._file.properties),
            *(one for group in groups for one in _stated(f"{group.name}.", group.properties)),
            *(one for name, channel in self._channels.items() for one in _variables(name, channel)),
        ]

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return the values of channels by their names, scaled as the file states; dates as seconds."""
        return {one.name: _seconds(np.asarray(self._channels[one.name][:])) for one in chosen}


def _variables(name: str, channel: Any) -> Iterator[Variable]:
    if np.dtype(channel.dtype).kind not in "fiuM":
        return
    step_s = _number(channel.properties.get(_STEP))
    unit = channel.properties.get(_UNIT)
    yield Variable(
        name=name,
        shape=(len(channel),),
        size_bytes=len(channel) * np.dtype(channel.dtype).itemsize,
        is_time=np.dtype(channel.dtype).kind == "M",
        rate_hz=float(f"{1 / step_s:.6g}") if step_s and step_s > 0 else None,
        unit=unit if isinstance(unit, str) and unit else None,
    )
    yield from _stated(f"{name}.", {key: one for key, one in channel.properties.items() if key not in (_STEP, _UNIT)})


def _stated(path: str, properties: Mapping[str, Any]) -> Iterator[Variable]:
    """Yield the properties whose name has a meaning."""
    for key, value in properties.items():
        if is_field_name(key) and (isinstance(value, str) or _number(value) is not None):
            yield Variable(name=f"{path}{key}", value=value if isinstance(value, str) else _number(value))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | np.number) else None


def _seconds(values: Any) -> Value:
    if values.dtype.kind != "M":
        return np.asarray(values)
    return np.asarray((values - values[0]) / np.timedelta64(1, "s"), np.float64)

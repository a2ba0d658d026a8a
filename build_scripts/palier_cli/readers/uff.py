"""Universal files (UFF), data sets of type 58 and 58b, read by pyuff: recordings of time, and no spectra."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from build_scripts.palier_cli.readers.variables import Value, Variable, check_walk
from functions.core.errors import SignalShapeError

_FUNCTION = 58
# Source: https://www.ceas3.uc.edu/sdrluff/, Universal Dataset Number 58: records 7, 8 and 9.
_TIME_ABSCISSA, _REAL = 17, frozenset({2, 4})
_FLOAT64_BYTES = 8
_NONE = "NONE"


class UffFile:
    """A file of data sets, listed from their headers."""

    @staticmethod
    def prepare() -> None:
        """Import the library, once for all files of the kind; raises ModuleNotFoundError where it is missing."""
        import pyuff  # noqa: F401

    def __init__(self, path: Path) -> None:
        import pyuff

        self._file = pyuff.UFF(str(path))
        sets = [number for number, kind in enumerate(self._file.get_set_types()) if int(kind) == _FUNCTION]
        check_walk(len(sets), 0)
        heads = {number: self._file.read_sets(number, header_only=True) for number in sets}
        recordings = {number: head for number, head in heads.items() if _is_recording(head)}
        if not recordings:
            raise SignalShapeError(
                f"The file has {len(sets)} data sets of type 58, and none is a recording of time: export the signal."
            )
        self._numbers = dict(zip(_names(recordings), recordings, strict=True))
        self.variables = [_variable(name, recordings[number]) for name, number in self._numbers.items()]

    def read(self, chosen: Sequence[Variable]) -> Mapping[str, Value]:
        """Return the values of data sets by their names, as many as each claims."""
        return {one.name: self._file.read_sets(self._numbers[one.name])["data"][: one.samples] for one in chosen}


def _is_recording(head: Mapping[str, Any]) -> bool:
    return (
        head.get("abscissa_spec_data_type") == _TIME_ABSCISSA
        and head.get("ord_data_type") in _REAL
        and head.get("abscissa_spacing") == 1
    )


def _variable(name: str, head: Mapping[str, Any]) -> Variable:
    count, step_s = int(head["num_pts"]), float(head["abscissa_inc"])
    return Variable(
        name=name,
        shape=(count,),
        size_bytes=count * _FLOAT64_BYTES,
        rate_hz=float(f"{1 / step_s:.6g}") if step_s > 0 else None,
        unit=_filled(head, "ordinate_axis_units_lab"),
    )


def _names(recordings: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Return a name for each data set: its first line of text where no other has the same, else its number."""
    texts = [_filled(head, "id1") for head in recordings.values()]
    unique = all(texts) and len(set(texts)) == len(texts)
    return [text if unique and text else f"set {number + 1}" for text, number in zip(texts, recordings, strict=True)]


def _filled(head: Mapping[str, Any], field: str) -> str | None:
    text = str(head.get(field) or "").strip()
    return text if text and text != _NONE else None

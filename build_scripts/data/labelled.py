"""Labelled records on disk, their form recognized by its arrays, checked against the model they are for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.npz import read_arrays
from build_scripts.data.recordings import Recordings, recordings_of
from build_scripts.data.records import RecordSet, records_of
from build_scripts.data.signals import SignalSet, for_conditions, signals_of
from build_scripts.errors import DataError
from build_scripts.networks.checkpoint import ModelDescription
from functions.core.models.manifest import Condition, Manifest

DataSet = RecordSet | Recordings | SignalSet


def read_labelled(path: Path) -> DataSet:
    """Read an .npz file of the form of data/journal-bearing (`q`), of data/cwru (`names`), or with `signals`.

    Raises:
        DataError: the file is of none of these forms.
    """
    arrays = read_arrays(path)
    if "signals" in arrays:
        return signals_of(path, arrays)
    return recordings_of(path, arrays) if "names" in arrays and "q" not in arrays else records_of(path, arrays)


def description_of(manifest: Manifest) -> ModelDescription:
    """Return what a package's model is for."""
    classes, spec = tuple((label.id, label.name) for label in manifest.classes), manifest.input
    conditions = tuple(spec.conditions_taken)
    return ModelDescription(
        manifest.name, manifest.title, classes, spec.window, spec.sample_rate_hz, spec.unit, conditions
    )


def read_for(path: Path, model: ModelDescription, channels: int) -> DataSet:
    """Read records for a model, their labels in the order of the model's classes.

    A file with `signals` must name each class by the model's id or name; the other two forms have names of their own,
    and as many classes stand in the model's order.

    Raises:
        DataError: the file is of no known form, or its records do not fit: channels, sample rate, length, classes,
            conditions of operation.
    """
    records = read_labelled(path)
    if not len(records):
        raise DataError(f"{path} has no records.")
    if records.channels != channels:
        turned = "; save signals.transpose(0, 2, 1)" if records.shortest == channels else ""
        has = f"records of {records.channels} channel(s), {records.shortest} samples each"
        raise DataError(f"{path} has {has}; {model.name} takes {channels}{turned}.")
    if records.sample_rate_hz != model.sample_rate_hz:
        found, wanted = records.sample_rate_hz, model.sample_rate_hz
        raise DataError(f"{path} has {found:g} samples/s; {model.name} takes {wanted:g}.")
    if records.shortest < model.window:
        raise DataError(f"{path} has a record of {records.shortest} samples; a window has {model.window}.")
    records = with_conditions(records, model.conditions, path, model.name)
    named = isinstance(records, SignalSet)
    order = class_order(records.class_names, model, path) if named else same_order(records.class_names, model, path)
    return replace(records, label=order[records.label], class_names=tuple(one for one, _ in model.classes))


def with_conditions(records: DataSet, taken: Sequence[Condition], path: Path, name: str) -> DataSet:
    """Return records with the conditions of operation that a model of this name takes, in its order.

    Raises:
        DataError: they lack one that has no default, a value is outside its range, or the file's form has none.
    """
    if isinstance(records, SignalSet):
        return for_conditions(records, taken, path)
    if taken:
        raise DataError(f"{path} has no conditions of operation; {name} takes some: store the form with `signals`.")
    return records


def class_order(names: tuple[str, ...], model: ModelDescription, path: Path) -> NDArray[np.int64]:
    """Return the model's index of each class of a file, int64 [len(names)].

    Raises:
        DataError: the file has a class the model lacks.
    """
    known = {text: index for index, pair in enumerate(model.classes) for text in pair}
    if unknown := [name for name in names if name not in known]:
        has = ", ".join(identifier for identifier, _ in model.classes)
        raise DataError(f"{path} has the class {unknown[0]!r}, which {model.name} lacks; it has {has}.")
    return np.array([known[name] for name in names])


def same_order(names: tuple[str, ...], model: ModelDescription, path: Path) -> NDArray[np.int64]:
    """Return the order as it is, int64 [len(names)].

    Raises:
        DataError: the file has more or fewer classes than the model.
    """
    if len(names) != len(model.classes):
        raise DataError(f"{path} has {len(names)} classes; {model.name} has {len(model.classes)}.")
    return np.arange(len(names))

"""Evaluate any-bearing on machines and faults that it never saw, beside the plain rule and rolling-bearing."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from build_scripts.data.fault_lines import CLASSES
from build_scripts.data.rig_bearings import RigRecording, read_rig
from build_scripts.data.simulation.rolling import ELEMENT, INNER, NORMAL, OUTER
from build_scripts.evidence.proof.reliability import reliability
from build_scripts.recipes.any_bearing import NAME, Fold, left_out, recordings_for_training
from build_scripts.recipes.served_across import served_across
from functions.core.models.diagnosis import softmax, with_lines
from functions.core.models.models import ModelRepository
from functions.core.preprocessing.arrays import Float64Array
from functions.core.preprocessing.windowing import cut_windows

OLD_MODEL = "rolling-bearing"
_RULE: Mapping[str, int] = {"outer_race": OUTER, "inner_race": INNER, "rolling_element": ELEMENT}
_OLD_PREFIXES: Mapping[str, int] = {"normal": NORMAL, "outer": OUTER, "inner": INNER, "ball": ELEMENT}
# Probabilities float64 [B, 4] of the windows of a recording.
Judge = Callable[[RigRecording], Float64Array]


@dataclass(frozen=True)
class Answers:
    """Answers for one recording: probabilities float64 [B, 4] of its windows, and classes of the whole.

    named: by the model, as the server holds it against visible lines; rule and old: by the plain rule and by the old
    model.
    """

    recording: RigRecording
    windows: Float64Array
    named: int
    rule: int
    old: int


def evaluate_across(models: Path, data: Path, work: Path) -> dict[str, object]:
    """Evaluate the package on a file of recordings; on a folder of training sets, networks denied a size or a load.

    Raises:
        DataError: the data are not of the expected form.
        ModelNotFoundError, ModelUnavailableError: a package cannot be loaded.
    """
    repository = ModelRepository(models)
    version = repository.find(NAME)
    served: dict[str, object] = {}
    if data.is_dir():
        sets = _held_out(repository, data, work)
    else:
        judge, recordings = _packaged(repository), read_rig(data)
        sets = {data.stem: [_answer(one.at_shown_speed(), judge, repository) for one in recordings]}
        served = {data.stem: {name: served_across(repository, name, recordings) for name in (NAME, OLD_MODEL)}}
    tables = {name: _table(answers) for name, answers in sets.items()}
    figures = {name: _figures(answers) for name, answers in sets.items()}
    return {"model": NAME, "version": version, "sets": tables, "figures": figures, "served": served}


def _packaged(repository: ModelRepository) -> Judge:
    model = repository.load(NAME)

    def judge(recording: RigRecording) -> Float64Array:
        features = recording.features()
        rows = np.tile(recording.conditions, (len(features), 1))
        return softmax(model.engine.run(features, rows).logits, model.manifest.temperature)

    return judge


def _held_out(repository: ModelRepository, data: Path, work: Path) -> dict[str, list[Answers]]:
    """Return the answers of networks about what each was denied: every fault size, then every load."""
    temperature = repository.manifest(NAME).temperature
    folds = left_out(work, 1, recordings_for_training(data))
    return {f"{fold.title} left out": _of_fold(fold, temperature, repository) for fold in folds}


def _of_fold(fold: Fold, temperature: float, repository: ModelRepository) -> list[Answers]:
    def judge(recording: RigRecording) -> Float64Array:
        return softmax(fold.output(recording).logits, temperature)

    return [_answer(one, judge, repository) for one in fold.recordings]


def _answer(recording: RigRecording, judge: Judge, repository: ModelRepository) -> Answers:
    samples, evidence = recording.samples[None], recording.evidence()
    rule = next((_RULE[one] for one in evidence.supported if one in _RULE), NORMAL)
    old = repository.load(OLD_MODEL)
    logits = old.engine.run(cut_windows(samples, old.manifest.input.window)).logits
    named = old.manifest.classes[int(softmax(logits, old.manifest.temperature).mean(axis=0).argmax())].id
    of_old = next(label for prefix, label in _OLD_PREFIXES.items() if named.startswith(prefix))
    windows = judge(recording)
    trust = repository.manifest(NAME).trust_rule
    held, _ = with_lines(windows.mean(axis=0), trust, [one for one, _ in CLASSES], evidence)
    return Answers(recording, windows, int(held.argmax()), rule, of_old)


def _table(answers: Sequence[Answers]) -> dict[str, object]:
    """Return figures for each kind of recording of a set: those of a fault whose line is visible, and the others."""
    kinds: dict[str, list[Answers]] = defaultdict(list)
    for one in answers:
        name = CLASSES[one.recording.label][0]
        kinds[name if one.recording.has_line else f"{name}, no visible line"].append(one)
    return {name: _counts(found) for name, found in sorted(kinds.items())}


def _counts(answers: Sequence[Answers]) -> dict[str, object]:
    label = answers[0].recording.label
    windows = np.concatenate([one.windows for one in answers]).argmax(axis=1)
    return {
        "recordings": len(answers),
        NAME: sum(one.named == label for one in answers),
        "plain rule": sum(one.rule == label for one in answers),
        OLD_MODEL: sum(one.old == label for one in answers),
        "windows_right": float((windows == label).mean()),
        "windows_wrong_fault": float(((windows != label) & (windows != NORMAL)).mean()),
    }


def _figures(answers: Sequence[Answers]) -> dict[str, object]:
    """Return the figures over all recordings whose fault leaves a line, and the normal ones."""
    seen = [one for one in answers if one.recording.has_line]
    probabilities = np.concatenate([one.windows for one in seen])
    label = np.repeat([one.recording.label for one in seen], [len(one.windows) for one in seen])
    named = probabilities.argmax(axis=1)
    return {
        "windows": len(label),
        "windows_right": float((named == label).mean()),
        "windows_wrong_fault": float(((named != label) & (named != NORMAL)).mean()),
        "macro_auroc": macro_auroc(probabilities, label),
        "calibration_error": reliability(probabilities, label).error,
    }


def macro_auroc(probabilities: Float64Array, label: NDArray[np.int64]) -> float | None:
    """Return the mean over the classes of the area under each one's curve against the rest; None where one is alone.

    Source: D. J. Hand and R. J. Till, Machine Learning 45 (2001); one class against the rest, as Mann and Whitney
    count.
    """
    areas = []
    for index in np.unique(label):
        own, rest = probabilities[label == index, index], probabilities[label != index, index]
        if len(rest):
            areas.append((own[:, None] > rest).mean() + 0.5 * (own[:, None] == rest).mean())
    return float(np.mean(areas)) if areas else None

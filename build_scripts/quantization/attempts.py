"""The variants of one float32 model that a search makes."""

from dataclasses import dataclass
from pathlib import Path

import onnx

from build_scripts.errors import BuildError, QuantizationError
from build_scripts.export.passes.session import SESSION_ERRORS
from build_scripts.quantization.exclusion import Material, Refused, Sensitivity, exclude_worst, partial_name
from build_scripts.quantization.judge import Answers, Judge
from build_scripts.quantization.layers import layer_weights
from build_scripts.quantization.library import described
from build_scripts.quantization.techniques import CANDIDATES, FINE_TUNING, Candidate
from functions.core.errors import ModelUnavailableError


@dataclass(frozen=True)
class Made:
    """A variant that was made: how, its file, and what it answers."""

    candidate: Candidate
    path: Path
    answers: Answers


class Attempts:
    """The variants of one float32 model by name: those that were made, and why the others were not."""

    def __init__(self, material: Material, judge: Judge) -> None:
        """Make variants of a material, and have their answers judged."""
        self.material, self.judge = material, judge
        self._weights = layer_weights(onnx.load(material.fp32))
        self.made: dict[str, Made] = {}
        self.failed: dict[str, str] = {}
        self.sensitivity: list[Sensitivity] = []

    def make(self, name: str) -> None:
        """Make a candidate and run it, unless the network leaves it nothing to gain."""
        candidate, material = CANDIDATES[name], self.material
        if obstacle := candidate.obstacle(self._weights):
            self.failed[name] = f"not tried: {obstacle}"
            return
        try:
            path = _write(candidate, material, material.file(name))
            self.made[name] = Made(candidate, path, self._answers(path))
        except BuildError as error:
            self.failed[name] = str(error).removesuffix(".")

    def _answers(self, path: Path) -> Answers:
        try:
            return self.judge.answers(path)
        except (ModelUnavailableError, *SESSION_ERRORS) as error:
            raise QuantizationError(f"onnxruntime does not run it: {described(error.__cause__ or error)}") from error

    def misses(self, speedups: dict[str, float], least: float) -> list[str]:
        """Return, of each technique, the variant whose answers miss their gates by least, if it is as fast as `least`.

        Without the layers that spoil its answers a variant is slower: one that is no faster than what passes already
        has nothing to give.
        """
        fast = {name: one for name, one in self.made.items() if speedups[name] >= least}
        again = {name: one for name, one in fast.items() if one.candidate.technique is not FINE_TUNING}
        missing = {name: one for name, one in again.items() if self.judge.reasons(one.answers)}
        closest: dict[str, str] = {}
        for name, one in missing.items():
            method = one.candidate.technique.method
            if method not in closest or one.answers.agreement > missing[closest[method]].answers.agreement:
                closest[method] = name
        return list(closest.values())

    def relax(self, name: str) -> str | None:
        """Make a variant once more with its worst layers in float32; return the new one's name, None where none passes.

        As few layers stay float32 as its answers allow.
        """
        refused, partial = self.made[name], partial_name(name)
        try:
            found = exclude_worst(self.material, Refused(name, refused.candidate, refused.path), self.judge.passes)
        except BuildError as error:
            self.failed[partial] = str(error).removesuffix(".")
            return None
        except (ModelUnavailableError, *SESSION_ERRORS) as error:
            self.failed[partial] = (
                f"onnxruntime does not run it with a layer left out ({type(error.__cause__ or error).__name__})"
            )
            return None
        self.sensitivity.append(found)
        if not found.excluded:
            self.failed[partial] = f"with all but one of {len(found.error)} layers in float32 it still misses a gate"
            return None
        path = self.material.file(partial)
        candidate = refused.candidate.without(tuple(found.excluded))
        self.made[partial] = Made(candidate, path, self.judge.answers(path))
        return partial


def _write(candidate: Candidate, material: Material, path: Path) -> Path:
    if candidate.technique is FINE_TUNING and material.fine_tune is not None:
        return material.fine_tune(path)
    return material.quantize(candidate, path, material.ranges)

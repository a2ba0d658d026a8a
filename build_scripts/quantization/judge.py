"""Judge the answers of a variant by its accuracy and its agreement with float32."""

from dataclasses import dataclass
from pathlib import Path

from build_scripts.data.records import LabelledRecords
from build_scripts.measuring.gates import MIN_AGREEMENT
from build_scripts.measuring.outputs import agreement, run_records
from functions.core.models.engine import OnnxEngine


@dataclass(frozen=True)
class Answers:
    """Of all windows of the records: the share that is right, and the share to which float32 gives the same class."""

    window_accuracy: float
    agreement: float


class Judge:
    """Runs files on the records that a search chooses by, and compares them with float32."""

    def __init__(self, fp32: Path, records: LabelledRecords, window: int, max_accuracy_drop: float) -> None:
        """Run float32, which a variant may lie `max_accuracy_drop` below."""
        self._records, self._window = records, window
        self._outputs = run_records(OnnxEngine(fp32), records, window, "fp32")
        self.float32 = Answers(self._outputs.window_accuracy, 1.0)
        self.lowest_accuracy = self.float32.window_accuracy - max_accuracy_drop

    def answers(self, path: Path) -> Answers:
        """Run a file on the records."""
        outputs = run_records(OnnxEngine(path), self._records, self._window, path.stem)
        return Answers(outputs.window_accuracy, agreement(self._outputs, outputs))

    def reasons(self, answers: Answers) -> list[str]:
        """Return the gates that answers miss, with their figures."""
        return missed_gates(answers, self.lowest_accuracy)

    def passes(self, path: Path) -> bool:
        """Return whether a file's answers miss no gate."""
        return not self.reasons(self.answers(path))


def missed_gates(answers: Answers, lowest_accuracy: float) -> list[str]:
    """Return the gates that answers miss, with their figures."""
    missed = []
    if answers.window_accuracy < lowest_accuracy:
        missed.append(f"accuracy {answers.window_accuracy:.4f} below {lowest_accuracy:.4f}")
    if answers.agreement < MIN_AGREEMENT:
        missed.append(f"agreement {answers.agreement:.4f} below {MIN_AGREEMENT:g}")
    return missed

"""Report of a pruning: figures of the network before and after, and the accuracy in between."""

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from build_scripts.data.records import LabelledRecords
from build_scripts.evidence.calibrate import join_score
from build_scripts.export.export import export
from build_scripts.measuring.gates import Accuracy
from build_scripts.measuring.outputs import run_records
from build_scripts.measuring.torch_engine import TorchEngine
from build_scripts.networks.checkpoint import Checkpoint, restore_network, save_checkpoint
from build_scripts.pruning.statistics import FileSize, file_size, network_statistics
from build_scripts.pruning.step import PrunedModel
from functions.core.models.manifest import JoinRule

REMARK = (
    "Zeros alone make neither onnxruntime faster nor a file smaller: its kernels multiply by them and they are stored. "
    "What falls is the compressed size."
)


@dataclass(frozen=True)
class EvaluationRecords:
    """Records that accuracy is measured on, and their name in the report: `training` or `unseen`."""

    name: str
    records: LabelledRecords


def pruning_report(
    before: Checkpoint, model: PrunedModel, evaluation: EvaluationRecords, name: str
) -> dict[str, object]:
    """Measure a checkpoint before pruning, right after it and after fine-tuning; export first and last to do so.

    Sizes are those of a checkpoint file called `name`: its name stands in it many times.

    Raises:
        ValidationFailed: an exported model is not equal to its network.
    """
    stages = {"before": before, "pruned": model.pruned, "fine_tuned": model.tuned}
    report: dict[str, object] = {
        "loss_of_epoch": {str(epoch): loss for epoch, loss in enumerate(model.losses, 1)},
        "accuracy_on": evaluation.name,
        "accuracy": {stage: _accuracy_json(accuracy(one, evaluation.records, stage)) for stage, one in stages.items()},
        "network": {"before": _figures(before, name), "after": _figures(model.tuned, name)},
    }
    sparser = network_statistics(model.tuned).sparsity > network_statistics(before).sparsity
    return report | ({"remark": REMARK} if sparser else {})


def accuracy(checkpoint: Checkpoint, records: LabelledRecords, name: str = "run") -> Accuracy:
    """Return the share of windows right, and of records right when their windows' probabilities are averaged."""
    engine = TorchEngine(restore_network(checkpoint))
    outputs = run_records(engine, records, checkpoint.description.window, name)
    joined = join_score(outputs.probabilities(temperature=1.0), outputs.label, JoinRule(rule="mean"))
    return Accuracy(joined.accuracy, outputs.window_accuracy)


def file_sizes(checkpoint: Checkpoint, name: str) -> dict[str, FileSize]:
    """Measure the files of a checkpoint: itself under a name, and its float32 ONNX export.

    Raises:
        ValidationFailed: the exported model is not equal to the network.
    """
    with TemporaryDirectory() as folder:
        saved = save_checkpoint(checkpoint, Path(folder) / name)
        exported = export(checkpoint, Path(folder) / "exported" / "fp32.onnx")
        return {"checkpoint": file_size(saved), "onnx": file_size(exported.path)}


def _figures(checkpoint: Checkpoint, name: str) -> dict[str, object]:
    sizes = {
        f"{file}_{figure}": value
        for file, size in file_sizes(checkpoint, name).items()
        for figure, value in asdict(size).items()
    }
    return network_statistics(checkpoint).as_json() | sizes


def _accuracy_json(measured: Accuracy) -> dict[str, float]:
    return {"record_accuracy": measured.record, "window_accuracy": measured.window}

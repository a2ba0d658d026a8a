import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from build_scripts.errors import GateFailed, PackageExistsError
from build_scripts.evidence.calibrate import Calibration, JoinScore
from build_scripts.evidence.card.step import read_package
from build_scripts.evidence.half_precision import HalfPrecision
from build_scripts.evidence.proof.proof import Proof
from build_scripts.evidence.proof.reliability import Reliability
from build_scripts.export.export import ExportedModel
from build_scripts.measuring.gates import Accuracy, Measurements, Quantized
from build_scripts.measuring.latency import Latency
from build_scripts.networks.checkpoint import file_sha256
from build_scripts.packaging.package import ModelFile, PackageContent, package
from build_scripts.quantization.half import quantize_to_half
from build_scripts.quantization.search import Figures, Tried
from functions.core.models.manifest import JoinRule, NoveltyRule, read_manifest
from functions.core.models.models import ModelRepository
from tests.build_scripts.conftest import DESCRIPTION

CALIBRATION = Calibration(
    temperature=1.1,
    join=JoinRule(rule="evidence", floor=0.01, independence=0.6),
    novelty=NoveltyRule(scale=2.5, threshold=0.6),
    scores={"mean": JoinScore(0.95, 0.2), "evidence": JoinScore(0.97, 0.1)},
    false_alarm_rate=0.012,
)
INT8 = Quantized(Accuracy(0.979, 0.949), agreement=0.995, size_ratio=0.3, latency_ratio=1.5, integer_share=0.75)
MEASURED = Measurements(
    export_max_abs_difference=1e-6,
    fp32=Accuracy(record=0.98, window=0.95),
    int8=INT8,
)
LATENCY = Latency(1.0, 2.0, 2.1, 0.9, 200)
EDGES = Reliability((0.5, 0.99), (0.4, 1.0), (10, 90), 0.019)
PROOF = Proof(
    precision="int8",
    confusion=[[4 if row == column else 0 for column in range(11)] for row in range(11)],
    by_severity={"mild": Accuracy(0.97, 0.9), "severe": Accuracy(1.0, 0.99)},
    by_snr_db={"20 dB": Accuracy(0.96, 0.95), "5 dB": Accuracy(0.8, 0.7)},
    reliability={"windows before": replace(EDGES, error=0.05), "windows": EDGES, "records": EDGES},
    novel_share={"own": 0.02, "white noise": 0.987},
    tried=[
        Tried("fp32", Figures(0.95, 1.0, 1.0, 1.0, LATENCY)),
        Tried("static-minmax", Figures(0.949, 0.995, 0.3, 1.5, LATENCY)),
        Tried("dynamic-uint8", None, "no kernel for it"),
    ],
)


@pytest.fixture
def content(exported: ExportedModel, quantized: Path, checkpoint_path: Path) -> PackageContent:
    files = (
        ModelFile("fp32", exported.path, "torch-dynamo", {}),
        ModelFile("int8", quantized, "static-qdq", {"calibration_windows": 44}),
    )
    return PackageContent(
        description=DESCRIPTION,
        channels=1,
        files=files,
        calibration=CALIBRATION,
        measured=MEASURED,
        records=44,
        windows=220,
        data="simulated records",
        limits="Not validated on a rig.",
        checkpoint=checkpoint_path,
        proof=PROOF,
        notes={"variant": "static-minmax"},
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_package_loads_and_verifies(content: PackageContent, tmp_path: Path) -> None:
    folder = package(content, tmp_path, "1")
    assert folder == tmp_path / "tiny" / "1"
    assert names(folder) == ["CARD.md", "manifest.json", "model_fp32.onnx", "model_int8.onnx", "plots", "proof.json"]
    repository = ModelRepository(tmp_path)
    assert [repository.load("tiny", "1", precision).precision for precision in ("fp32", "int8")] == ["fp32", "int8"]


def test_the_manifest_says_what_was_measured(content: PackageContent, tmp_path: Path, checkpoint_path: Path) -> None:
    manifest = read_manifest((package(content, tmp_path, "1") / "manifest.json").read_bytes())
    assert (manifest.temperature, manifest.join, manifest.novelty) == (1.1, CALIBRATION.join, CALIBRATION.novelty)
    assert manifest.default_variant == {"x86_64": "int8", "arm64": "int8", "cuda": "fp32"}
    assert manifest.source_checkpoint_sha256 == file_sha256(checkpoint_path)
    assert manifest.evidence.accuracy["int8"] == {"record": 0.979, "window": 0.949}
    assert manifest.evidence.notes["join_mean"] == {"record_accuracy": 0.95, "record_nll": 0.2}
    assert manifest.evidence.notes["size_ratio"] == 0.3
    assert manifest.evidence.notes["integer_share"] == 0.75
    for variant in manifest.variants:
        data = (tmp_path / "tiny" / "1" / variant.file).read_bytes()
        assert (variant.sha256, variant.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
        assert variant.opset == 20


def test_the_card_is_rendered_from_the_manifest(content: PackageContent, tmp_path: Path) -> None:
    card = (package(content, tmp_path, "1") / "CARD.md").read_text()
    assert "| int8 | static-qdq | 97.90% | 94.90% |" in card
    assert "Not validated on a rig." in card
    assert "10. `cavitation_clearance`: Cavitation + clearance" in card
    assert "99.50% of windows; int8 is 1.50 times as fast" in card
    assert "| severity mild | 97.00% | 90.00% |\n| severity severe | 100.00% | 99.00% |" in card
    assert "| white noise at 5 dB | 80.00% | 70.00% |" in card
    assert "0.0500 before temperature scaling, 0.0190 after; of whole records: 0.0190" in card
    assert "2.0% of the unseen records of its own" in card
    assert "| white noise | 98.7% |" in card
    assert "| static-minmax | 94.90% | 99.50% | 1.50 | 0.300 | kept |" in card
    assert "Without figures:\n\n- `dynamic-uint8`: no kernel for it.\n" in card


def test_a_float16_variant_is_what_gpus_serve(content: PackageContent, tmp_path: Path) -> None:
    half = HalfPrecision(None, Accuracy(0.98, 0.95), 1.0, 0.002, 0.5, None)
    fp16 = quantize_to_half(content.files[0].path, tmp_path / "half.onnx")
    files = (*content.files, ModelFile("fp16", fp16, "float16", {}))
    folder = package(replace(content, files=files, proof=replace(PROOF, half=half)), tmp_path / "models", "1")
    manifest = read_manifest((folder / "manifest.json").read_bytes())
    assert manifest.default_variant == {"x86_64": "int8", "arm64": "int8", "cuda": "fp16"}
    assert manifest.variant("fp16").file == "model_fp16.onnx"
    assert manifest.evidence.accuracy["fp16"] == {"record": 0.98, "window": 0.95}
    assert "| fp16 | float16 | 98.00% | 95.00% |" in (folder / "CARD.md").read_text()
    assert read_package(folder)[1].half == half
    assert ModelRepository(tmp_path / "models").load("tiny").precision == "int8"


def test_a_refused_float16_variant_is_a_reason_on_the_card(content: PackageContent, tmp_path: Path) -> None:
    half = HalfPrecision(refused="float16 overflows: 3 of 8 windows have no finite logits (fitting records)")
    folder = package(replace(content, proof=replace(PROOF, half=half)), tmp_path, "1")
    manifest = read_manifest((folder / "manifest.json").read_bytes())
    assert manifest.default_variant["cuda"] == "fp32"
    assert set(manifest.evidence.accuracy) == {"fp32", "int8"}
    assert "GPUs serve float32: float16 overflows: 3 of 8 windows" in (folder / "CARD.md").read_text()


def test_a_failed_gate_writes_nothing(content: PackageContent, tmp_path: Path) -> None:
    with pytest.raises(GateFailed, match="argmax agreement"):
        package(replace(content, measured=replace(MEASURED, int8=replace(INT8, agreement=0.5))), tmp_path, "1")
    assert names(tmp_path) == []


def test_a_version_is_never_replaced_unasked(content: PackageContent, tmp_path: Path) -> None:
    folder = package(content, tmp_path, "1")
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(PackageExistsError, match="--force"):
        package(replace(content, records=1), tmp_path, "1")
    assert (folder / "manifest.json").read_bytes() == before
    package(replace(content, records=1), tmp_path, "1", force=True)
    assert '"records": 1,' in (folder / "manifest.json").read_text()
    assert names(folder.parent) == ["1"]


def test_a_write_that_breaks_off_leaves_nothing(content: PackageContent, tmp_path: Path) -> None:
    missing = ModelFile("int8", tmp_path / "gone.onnx", "static-qdq", {})
    with pytest.raises(FileNotFoundError):
        package(replace(content, files=(content.files[0], missing)), tmp_path / "models", "1")
    assert names(tmp_path / "models" / "tiny") == []

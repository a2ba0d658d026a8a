"""Tiny model packages whose answers are known by arithmetic.

Every model takes windows of 2048 samples at 2048 Hz and answers by their mean: logits are
`gain * mean`, `1`, `-gain * mean`, and the distance is the mean square. A model with conditions adds
`speed / 1000`, `load`, `-speed / 1000` to its logits.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from msgspec import UNSET
from numpy.typing import NDArray
from onnx import TensorProto, helper

from functions.core.models.manifest import (
    ClassLabel,
    Condition,
    Evidence,
    InputSpec,
    JoinRule,
    Manifest,
    NoveltyRule,
    Variant,
    write_manifest,
)

WINDOW = 2048
RATE_HZ = 2048.0
CLASSES = ("high", "centred", "low")
GAIN = 10.0
TEMPERATURE = 2.0
NOVELTY = NoveltyRule(scale=1.0, threshold=0.8)
EVIDENCE = Evidence(
    data="arithmetic",
    records=3,
    windows=3,
    accuracy={"fp32": {"record_accuracy": 1.0}},
    argmax_agreement=1.0,
    export_max_abs_difference=0.0,
    latency_ratio_fp32_to_int8=1.0,
    machine="any",
    cpu_flags=[],
    versions={"onnx": onnx.__version__},
    date="2026-11-23",
)
FILE = "model_fp32.onnx"
SPEED = Condition(name="shaft_speed_rpm", unit="rpm", minimum=100, maximum=6000)
EFFECTS = {"shaft_speed_rpm": (1e-3, 0.0, -1e-3), "load": (0.0, 1.0, 0.0)}
LOAD = Condition(name="load", unit="kN", minimum=-0.1, maximum=5, required=False, default=0.5)


def expected_probabilities(mean: float, gain: float = GAIN) -> NDArray[np.float64]:
    """The calibrated probabilities of one window of this mean."""
    weights = np.exp(np.array([gain * mean, 1.0, -gain * mean]) / TEMPERATURE)
    return np.asarray(weights / weights.sum())


def write_packages(root: Path) -> Path:
    """Write the packages `tiny` 2 and 10, `tiny-pair` of two channels and `tiny-plain` without a distance."""
    write_package(root, "tiny", "2", gain=-GAIN)
    write_package(root, "tiny", "10")
    write_package(root, "tiny-pair", "1", channels=2)
    write_package(root, "tiny-plain", "1", distance=False, join=JoinRule(rule="evidence", independence=1.0))
    return root


def write_conditioned(root: Path) -> Path:
    """Write the packages `tiny` 1 without conditions, `tiny-speed` of SPEED and LOAD, and `tiny-load` of LOAD alone."""
    write_package(root, "tiny", "1")
    write_package(root, "tiny-speed", "1", conditions=[SPEED, LOAD])
    write_package(root, "tiny-load", "1", conditions=[LOAD])
    return root


def write_package(
    root: Path,
    name: str,
    version: str,
    *,
    gain: float = GAIN,
    channels: int = 1,
    distance: bool = True,
    join: JoinRule | None = None,
    conditions: Sequence[Condition] = (),
    classes: Sequence[str] = CLASSES,
) -> Path:
    """Write one package and return its folder."""
    folder = root / name / version
    folder.mkdir(parents=True)
    content = model_bytes(gain, channels, distance=distance, conditions=conditions)
    (folder / FILE).write_bytes(content)
    manifest = make_manifest(
        name, version, content, channels=channels, distance=distance, join=join, conditions=conditions, classes=classes
    )
    (folder / "manifest.json").write_bytes(write_manifest(manifest))
    return folder


def model_bytes(
    gain: float = GAIN, channels: int = 1, *, distance: bool = True, conditions: Sequence[Condition] = ()
) -> bytes:
    """Return the ONNX file."""
    nodes = [
        helper.make_node("ReduceMean", ["signal", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "last"], ["column"]),
        helper.make_node("Gemm", ["column", "weight", "bias"], ["from_signal" if conditions else "logits"]),
    ]
    inputs = [helper.make_tensor_value_info("signal", TensorProto.FLOAT, ["batch", channels, WINDOW])]
    if conditions:
        nodes += [
            helper.make_node("MatMul", ["conditions", "effects"], ["from_conditions"]),
            helper.make_node("Add", ["from_signal", "from_conditions"], ["logits"]),
        ]
        inputs.append(helper.make_tensor_value_info("conditions", TensorProto.FLOAT, ["batch", len(conditions)]))
    effects = [value for one in conditions for value in EFFECTS.get(one.name, (0.0, 0.0, 0.0))]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(CLASSES)])]
    if distance:
        nodes += [
            helper.make_node("Mul", ["signal", "signal"], ["squares"]),
            helper.make_node("ReduceMean", ["squares", "axes"], ["distance"], keepdims=0),
        ]
        outputs.append(helper.make_tensor_value_info("distance", TensorProto.FLOAT, ["batch"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        inputs,
        outputs,
        [
            helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("last", TensorProto.INT64, [1], [1]),
            helper.make_tensor("weight", TensorProto.FLOAT, [1, 3], [gain, 0.0, -gain]),
            helper.make_tensor("bias", TensorProto.FLOAT, [3], [0.0, 1.0, 0.0]),
            *([helper.make_tensor("effects", TensorProto.FLOAT, [len(conditions), 3], effects)] if conditions else []),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def make_manifest(
    name: str,
    version: str,
    content: bytes,
    *,
    channels: int = 1,
    distance: bool = True,
    join: JoinRule | None = None,
    conditions: Sequence[Condition] = (),
    classes: Sequence[str] = CLASSES,
) -> Manifest:
    """Return the manifest of a model file."""
    variant = Variant(
        precision="fp32",
        file=FILE,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        opset=18,
        method="made-by-hand",
    )
    return Manifest(
        name=name,
        version=version,
        title="Offset of a signal",
        classes=[ClassLabel(id=label, name=label.capitalize()) for label in classes],
        input=InputSpec(
            channels=channels,
            window=WINDOW,
            sample_rate_hz=RATE_HZ,
            unit="g",
            conditions=list(conditions) or UNSET,
        ),
        variants=[variant],
        default_variant={"x86_64": "fp32", "arm64": "fp32"},
        temperature=TEMPERATURE,
        join=join or JoinRule(),
        novelty=NOVELTY if distance else None,
        evidence=EVIDENCE,
        source_checkpoint_sha256="0" * 64,
    )

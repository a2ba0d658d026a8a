"""The committed packages are what the flow makes of the committed checkpoints: export, optimize, quantize."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest

from build_scripts.build_cli.parser import CHECKPOINTS
from build_scripts.data.simulate import SimulationConfig, simulate
from build_scripts.evidence.card.step import read_package
from build_scripts.export.export import export
from build_scripts.export.optimize import optimize
from build_scripts.networks.checkpoint import load_checkpoint
from build_scripts.packaging.build import OPTIMIZATION
from build_scripts.quantization.operators import executed_operators
from build_scripts.quantization.techniques import CANDIDATES
from build_scripts.recipes.recipe import JOURNAL_BEARING, RECIPES
from functions.core.models.engine import OnnxEngine
from functions.core.preprocessing.arrays import Float32Array
from tests.build_scripts.conftest import SHARED, shipped_package


def journal_windows() -> Float32Array:
    """The first window of each of 256 evenly spread training records, simulated alone."""
    recipe, source = JOURNAL_BEARING, JOURNAL_BEARING.training_records
    assert isinstance(source, SimulationConfig)
    records = simulate(source, np.linspace(0, source.count - 1, recipe.calibration_windows).astype(int).tolist())
    return np.concatenate([records.windows(index, recipe.description.window)[:1] for index in range(len(records))])


def rolling_windows() -> Float32Array:
    from build_scripts.packaging.build import calibration_windows
    from build_scripts.recipes.shipped_models import Material, records_of

    folder = SHARED / "data" / "cwru"
    if not folder.exists():
        pytest.skip(f"the CWRU recordings are not on this machine: {folder}")
    recipe = RECIPES["rolling-bearing"]
    records = records_of(recipe.training_records, Path(), Material(data=folder))
    return calibration_windows(records, recipe.description.window, recipe.calibration_windows)


@dataclass(frozen=True)
class Rebuilt:
    name: str
    fp32: Path
    int8: Path
    windows: Float32Array

    def shipped(self, precision: str) -> Path:
        return shipped_package(self.name) / f"model_{precision}.onnx"


@pytest.fixture(scope="module", params=["journal-bearing", "rolling-bearing"])
def rebuilt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    name: str = request.param
    windows = {"journal-bearing": journal_windows, "rolling-bearing": rolling_windows}[name]()
    work = tmp_path_factory.mktemp(name)
    version = RECIPES[name].version
    exported = export(load_checkpoint(CHECKPOINTS / f"{name}.pt"), work / "exported.onnx", version)
    fp32 = optimize(exported.path, work / "fp32.onnx", OPTIMIZATION).path
    candidate = CANDIDATES[str(read_package(shipped_package(name))[0].evidence.notes["variant"])]
    return Rebuilt(name, fp32, candidate.quantize(fp32, work / "int8.onnx", windows), windows[:64])


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_graph_is_the_same(rebuilt: Rebuilt, precision: str) -> None:
    ours, shipped = (onnx.load(path) for path in (getattr(rebuilt, precision), rebuilt.shipped(precision)))
    assert [node.op_type for node in ours.graph.node] == [node.op_type for node in shipped.graph.node]
    assert {entry.key: entry.value for entry in ours.metadata_props} == {
        entry.key: entry.value for entry in shipped.metadata_props
    }


# Processors add float32 in orders of their own: the range of a calibrated tensor may end a rounding elsewhere, and some
# integers with it one step beside those that ship.
@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("int8", 1e-2)])
def test_the_answers_are_the_same(rebuilt: Rebuilt, precision: str, tolerance: float) -> None:
    run: Callable[[Path], Float32Array] = lambda path: OnnxEngine(path).run(rebuilt.windows).logits  # noqa: E731
    ours, shipped = run(getattr(rebuilt, precision)), run(rebuilt.shipped(precision))
    assert np.abs(ours - shipped).max() <= tolerance * np.abs(shipped).max()


def test_the_card_is_what_its_files_give() -> None:
    for name in RECIPES:
        folder = shipped_package(name)
        manifest, proof = read_package(folder)
        card = (folder / "CARD.md").read_text()
        assert f"{manifest.evidence.accuracy['int8']['window']:.2%}" in card
        assert f"{proof.calibration_error['windows']:.4f} after" in card
        assert "(plots/confusion.png)" in card
        assert (folder / "build.log").read_text().rstrip().endswith("package")


@pytest.mark.parametrize("name", RECIPES)
def test_the_int8_graph_is_fully_integer(name: str) -> None:
    manifest, _ = read_package(shipped_package(name))
    operators = executed_operators(shipped_package(name) / manifest.variant("int8").file)
    assert (operators["QLinearConv"], operators["Conv"], operators["ConvInteger"]) == (5, 0, 0)


@pytest.mark.parametrize("name", RECIPES)
def test_what_the_models_promise_holds_in_their_proofs(name: str) -> None:
    manifest, proof = read_package(shipped_package(name))
    shares = dict(proof.novel_share)
    assert shares.pop("own") <= 0.05
    assert min(shares.values()) >= 0.95
    assert {"white noise", "sine", "silence with hum", "clipped at 0.5 rms"} < set(shares)
    assert proof.calibration_error["windows"] <= 0.03
    assert proof.calibration_error["records"] <= 0.03
    assert set(proof.by_snr_db) == {"20 dB", "10 dB", "5 dB"}
    assert manifest.evidence.accuracy["int8"]["record"] >= 0.99
    assert len(proof.tried) >= 6

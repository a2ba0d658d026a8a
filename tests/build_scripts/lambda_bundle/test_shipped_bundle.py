"""The real bundle for x86_64, built twice; skipped where wheels or the target's Python cannot be had."""

import json
import platform
from pathlib import Path

import pytest

from build_scripts.build_cli.parser import ROOT
from build_scripts.lambda_bundle.architecture import ARCHITECTURES
from build_scripts.lambda_bundle.archive import unpacked
from build_scripts.lambda_bundle.packages.interpreter import Interpreter
from build_scripts.lambda_bundle.packages.lock import read_pins
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.step import BILL, DOCUMENT, Sources
from build_scripts.lambda_bundle.tree import Tree, write_tree

RUNTIME = "layers/runtime-x86_64.zip"


@pytest.fixture(scope="module")
def layer(built_twice: tuple[Path, Path]) -> Tree:
    return unpacked((built_twice[0] / RUNTIME).read_bytes())


def test_two_places_umasks_and_time_zones_give_the_same_bytes(built_twice: tuple[Path, Path]) -> None:
    first, second = ({path.relative_to(out): path.read_bytes() for path in out.rglob("*.*")} for out in built_twice)
    assert len(first) == 5
    assert [path for path in first if first[path] != second.get(path)] == []


def test_the_layer_is_within_its_budget(built_twice: tuple[Path, Path], recipe: Recipe) -> None:
    document = json.loads((built_twice[0] / DOCUMENT).read_text())
    figures, budget = document["artifacts"][RUNTIME], recipe.budget("x86_64")
    assert figures["unzipped_bytes"] <= budget.unzipped * 2**20
    assert figures["zipped_bytes"] <= budget.zipped * 2**20
    assert document["totals"]["x86_64"]["unzipped_bytes"] <= recipe.bundle_mib * 2**20


def test_every_locked_distribution_is_listed_or_left_out_for_a_reason(
    built_twice: tuple[Path, Path], recipe: Recipe
) -> None:
    document = json.loads((built_twice[0] / DOCUMENT).read_text())
    pins = {str(pin.name): pin for pin in read_pins(Sources(ROOT).lock, ARCHITECTURES["x86_64"], recipe.python)}
    assert set(document["distributions"]) | set(document["left_out"]) == set(pins)
    bill = json.loads((built_twice[0] / BILL).read_text())
    libraries = {one["name"]: one for one in bill["components"] if one["type"] == "library"}
    assert set(libraries) == set(document["distributions"])
    for name, component in libraries.items():
        assert component["version"] == pins[name].version
        assert component["hashes"][0]["content"] in pins[name].hashes


def test_every_distribution_brings_its_licence_and_its_metadata(layer: Tree, built_twice: tuple[Path, Path]) -> None:
    document = json.loads((built_twice[0] / DOCUMENT).read_text())
    for name, distribution in document["distributions"].items():
        assert distribution["licence_files"], name
        assert set(distribution["licence_files"]) <= set(layer)
    records = [path for path in layer if path.endswith(".dist-info/METADATA")]
    assert len(records) == len(document["distributions"])


def test_the_function_asset_is_the_package_functions_alone(built_twice: tuple[Path, Path]) -> None:
    tree = unpacked((built_twice[0] / "functions.zip").read_bytes())
    assert {path.partition("/")[0] for path in tree} == {"functions"}
    assert "functions/inference/handler.py" in tree
    assert [path for path in tree if "tests" in path.split("/")] == []
    assert "functions/dashboard/static/index.html" in tree
    assert [path for path in tree if path.startswith("functions/dashboard/web/")] == []


def test_the_handler_diagnoses_from_the_bundle(
    built_twice: tuple[Path, Path], target: Interpreter, tmp_path: Path
) -> None:
    """Pruned and stripped, it all still loads; Lambda's own conditions are another test's."""
    if platform.machine() != "x86_64":
        pytest.skip("the layer is for x86_64")
    for name in ("functions.zip", RUNTIME, "layers/models-x86_64.zip"):
        write_tree(unpacked((built_twice[0] / name).read_bytes()), tmp_path)
    script = Path(__file__).parent / "diagnose_from_bundle.py"
    # The lines before are its metrics.
    answer = target.run(["-S", "-s", "-P", str(script), str(tmp_path)]).splitlines()[-1]
    assert answer.split() == ["200", "clearance"]

from pathlib import Path

import pytest

from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.packages.wheels import unpack
from build_scripts.lambda_bundle.recipe import Recipe, Rule, read_recipe
from build_scripts.lambda_bundle.slimming.stripping import pruned

DROPPED = (
    "onnxruntime/capi/libonnxruntime.so.1.32.0",
    "onnxruntime/quantization/quantize.py",
    "onnxruntime/tools/make_dynamic_shape_fixed.py",
    "numpy/_core/tests/test_api.py",
    "numpy/_core/_umath_tests.cpython-313-x86_64-linux-gnu.so",
    "numpy/_core/include/numpy/arrayobject.h",
    "numpy/f2py/f2py2e.py",
    "numpy/__init__.pyi",
    "numpy/__init__.cython-30.pxd",
    "starlette/py.typed",
    "simdjson/simdjson.h",
    "mangum-0.22.0.dist-info/RECORD",
)
KEPT = (
    "onnxruntime/capi/onnxruntime_pybind11_state.cpython-313-x86_64-linux-gnu.so",
    "onnxruntime/capi/libonnxruntime_providers_shared.so",
    "numpy.libs/libscipy_openblas64_-4b78795a.so",
    "numpy/_core/_multiarray_umath.cpython-313-x86_64-linux-gnu.so",
    "numpy/__init__.py",
    "starlette/applications.py",
    "_soundfile_data/libsndfile_x86_64.so",
    "_cffi_backend.cpython-313-x86_64-linux-gnu.so",
    "mangum-0.22.0.dist-info/METADATA",
)


@pytest.mark.parametrize("path", DROPPED)
def test_what_no_request_needs_is_dropped(recipe: Recipe, path: str) -> None:
    assert pruned({path: b"content"}, recipe) == {}


@pytest.mark.parametrize("path", KEPT)
def test_what_serves_is_kept(recipe: Recipe, path: str) -> None:
    assert pruned({path: b"content"}, recipe) == {path: b"content"}


def test_a_module_of_documentation_alone_is_kept_empty(recipe: Recipe) -> None:
    assert pruned({"numpy/_core/_add_newdocs.py": b"add_newdoc()"}, recipe) == {"numpy/_core/_add_newdocs.py": b""}


def test_every_pattern_still_means_a_file(recipe: Recipe, wheels: Path) -> None:
    paths = [path for wheel in (wheels / "wheels" / "x86_64").glob("*.whl") for path in unpack(wheel)]
    rules = (*recipe.dropped, *recipe.emptied, *recipe.licence, *recipe.required)
    assert [rule.pattern for rule in rules if not any(rule.matches(path) for path in paths)] == []


def test_a_star_goes_over_folders() -> None:
    rule = Rule(pattern="*/tests/*", reason="tests")
    assert rule.matches("numpy/_core/tests/data/x.csv")
    assert not rule.matches("numpy/contests/x.py")


@pytest.mark.parametrize(
    ("given", "said", "reason"),
    [
        ('python = "3.13.5"', 'python = "3.13"', r"at python \(string_pattern_mismatch\): correct what stands there"),
        ('reason = "onnxruntime itself"', 'reason = ""', r"at required\.\d+\.reason \(string_too_short\)"),
        ("bundle_mib = 110", "bundle_mib = 110\nunknown = 1", r"at unknown \(extra_forbidden\)"),
        ("[forbidden]", "[forbidden", r"it is no TOML at line \d+, column \d+: correct it there"),
    ],
)
def test_a_recipe_that_is_not_of_its_form_is_named(
    recipe: Recipe, tmp_path: Path, given: str, said: str, reason: str
) -> None:
    shipped = Path("layers/runtime/recipe.toml")
    path = tmp_path / "recipe.toml"
    path.write_text((Path(__file__).parents[3] / shipped).read_text().replace(given, said, 1))
    with pytest.raises(BundleError, match=rf"recipe\.toml is not of its form, {reason}"):
        read_recipe(path)


def test_a_recipe_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"There is no layer recipe .*gone\.toml"):
        read_recipe(tmp_path / "gone.toml")


def test_an_architecture_without_a_budget_is_named(recipe: Recipe) -> None:
    with pytest.raises(BundleError, match="no budget for riscv64"):
        recipe.budget("riscv64")

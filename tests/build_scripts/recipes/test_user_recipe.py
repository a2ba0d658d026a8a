from pathlib import Path

import pytest

from build_scripts.errors import RecipeError
from build_scripts.quantization.techniques import DEFAULT_CANDIDATES
from build_scripts.recipes.user_recipe import read_recipe
from functions.core.models.manifest import Condition
from tests.build_scripts.conftest import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "own-model" / "recipe.toml"


def write(path: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def test_the_example_is_read() -> None:
    recipe = read_recipe(EXAMPLE)
    assert recipe.description.name == "fan"
    assert recipe.description.classes[3] == ("blade_rub", "Blade rub")
    assert recipe.content.model.channels == 2
    assert recipe.content.quantization.windows == 128
    assert recipe.content.network.file == Path("fan_network.py")
    assert recipe.path(Path("fan_network.py")) == EXAMPLE.parent / "fan_network.py"


def test_what_is_optional_has_defaults(tmp_path: Path) -> None:
    text = EXAMPLE.read_text().split("[quantization]")[0]
    (tmp_path / "r.toml").write_text(text)
    content = read_recipe(tmp_path / "r.toml").content
    assert content.quantization.variants == DEFAULT_CANDIDATES
    assert (content.quantization.windows, content.calibration.false_alarm_rate) == (256, 0.01)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "fan"', 'name = "Fan 1"', "model.name: string should match pattern"),
        ("window = 2048", "", "model.window is missing"),
        (
            "window = 2048",
            "windows = 2048",
            "model.windows: there is no key 'windows' here; there are name,",
        ),
        ("channels = 2", "channels = 0", "model.channels: input should be greater than or equal to 1"),
        ("sample_rate_hz = 8000", "sample_rate_hz = 0", "model.sample_rate_hz: input should be greater than 0"),
        ('variants = ["static-minmax",', 'variants = ["static-magic",', "no variant 'static-magic'; there are static-"),
        ("windows = 128", "windows = 0", "quantization.windows: input should be greater"),
        ("windows = 128", "max_accuracy_drop = 0.1", "quantization.max_accuracy_drop: input should be less than or"),
        ('id = "unbalance"', 'id = "healthy"', "model.classes: 'healthy' stands twice; every class needs"),
        ("[model]", "[model", "is not a readable recipe: "),
        ("[network]", "[networks]", "networks: there is no key 'networks' here; there are model, network, data, "),
        ('file = "fan_network.py"', "", "network: file and factory belong together"),
        ('factory = "', 'gives = "odds"\nfactory = "', "network.gives: input should be 'logits' or 'probabilities'"),
        ("[data]", '[export]\nlength = "some"\n\n[data]', "export.length: input should be 'free' or 'fixed'"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_place(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        read_recipe(write(tmp_path / "r.toml", old, new))


def test_conditions_of_operation_are_read_in_their_order(tmp_path: Path) -> None:
    named = """window = 2048
conditions = [
  { name = "speed", unit = "rpm", minimum = 0, maximum = 6000 },
  { name = "load", minimum = -1, maximum = 1, default = 0.5 },
]"""
    recipe = read_recipe(write(tmp_path / "r.toml", "window = 2048", named))
    assert recipe.description.conditions == (
        Condition(name="speed", unit="rpm", minimum=0, maximum=6000),
        Condition(name="load", unit="", minimum=-1, maximum=1, required=False, default=0.5),
    )
    assert read_recipe(EXAMPLE).description.conditions == ()


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        ('{ name = "A b", minimum = 0, maximum = 1 }', r"model\.conditions\.0\.name: string should match pattern"),
        ('{ name = "a", maximum = 1 }', r"model\.conditions\.0\.minimum is missing"),
        ('{ name = "a", minimum = 1, maximum = 1 }', "condition a: minimum 1 is not below maximum 1"),
        ('{ name = "a", minimum = nan, maximum = 1 }', r"model\.conditions\.0\.minimum: "),
        ('{ name = "a", minimum = 0, maximum = inf }', r"model\.conditions\.0\.maximum: input should be less"),
        ('{ name = "a", minimum = 0, maximum = 1, default = 2 }', "condition a: default 2 is not between"),
        ('{ name = "a", minimum = 0, maximum = 1, required = true }', "there are name, unit, minimum, maximum, def"),
        ('{ name = "a", minimum = 0, maximum = 1 }, { name = "a", minimum = 0, maximum = 1 }', "must be unique"),
    ],
)
def test_conditions_that_cannot_be_are_refused(tmp_path: Path, conditions: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        read_recipe(write(tmp_path / "r.toml", "window = 2048", f"window = 2048\nconditions = [{conditions}]"))


def test_a_missing_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml is not a readable recipe: "):
        read_recipe(tmp_path / "none.toml")


def test_a_binary_file_is_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="is not a readable recipe"):
        read_recipe(tmp_path / "r.toml")

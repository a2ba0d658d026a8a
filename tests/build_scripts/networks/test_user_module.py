import dataclasses
import sys
from pathlib import Path

import pytest

from build_scripts.errors import RecipeError
from build_scripts.networks.user_module import import_file, make_network

NET = """
from torch import nn

def make(**arguments):
    network = nn.Linear(2, 2)
    network.arguments = arguments
    return network

def wrapped():
    return nn.DataParallel(nn.Linear(2, 2))

def number():
    return 3

def broken():
    raise ArithmeticError("no such depth")
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "net.py"


def test_the_module_is_registered_so_that_dataclasses_work(tmp_path: Path) -> None:
    source = "from dataclasses import dataclass\n\n@dataclass(slots=True)\nclass Config:\n    depth: 'int' = 3\n"
    module = import_file(write(tmp_path, net=source))
    assert sys.modules["net"] is module
    assert dataclasses.asdict(module.Config()) == {"depth": 3}


def test_files_beside_it_are_imported_and_forgotten_with_it(tmp_path: Path) -> None:
    first = write(tmp_path / "a", net="from layers import DEPTH\n", layers="DEPTH = 1\n")
    second = write(tmp_path / "b", net="from layers import DEPTH\n", layers="DEPTH = 2\n")
    assert import_file(first).DEPTH == 1
    assert import_file(second).DEPTH == 2
    assert str(tmp_path / "a") not in sys.path


def test_relative_imports_are_of_its_package(tmp_path: Path) -> None:
    write(tmp_path / "package", net="from .layers import DEPTH\n", layers="DEPTH = 5\n")
    module = import_file(tmp_path / "package" / "net.py")
    assert (module.DEPTH, module.__name__) == (5, "package.net")


def test_a_name_that_is_installed_too_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        RecipeError, match=r"net\.py imports 'json': a file beside it and an installed package have this"
    ):
        import_file(write(tmp_path, net="import json\n", json="DEPTH = 1\n"))


def test_a_file_beside_it_of_an_installed_name_that_is_not_imported_does_no_harm(tmp_path: Path) -> None:
    import_file(write(tmp_path, net="import math\n", json="raise SystemExit\n"))
    assert "raise" not in Path(sys.modules["json"].__file__ or "").read_text()[:20]


def test_a_file_of_an_installed_name_takes_nothing_s_place(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("DEPTH = 1\n")
    before = sys.modules["json"]
    assert import_file(tmp_path / "json.py").__name__ == "own_json"
    assert sys.modules["json"] is before


def test_the_factory_gets_whatever_toml_holds(tmp_path: Path) -> None:
    arguments = {"kernels": [[3, 5], [7]], "head": {"dropout": 0.1}, "name": "a"}
    network = make_network(write(tmp_path, net=NET), "make", arguments)
    assert network.arguments == arguments


def test_what_training_wraps_around_a_network_is_taken_off(tmp_path: Path) -> None:
    assert type(make_network(write(tmp_path, net=NET), "wrapped", {})).__name__ == "Linear"


@pytest.mark.parametrize(
    ("factory", "sentence"),
    [
        ("other", "has no class or function 'other'"),
        ("number", "makes a int, not a torch.nn.Module"),
        ("broken", r"does not take these arguments: no such depth \(ArithmeticError, net\.py, line 16\)\."),
    ],
)
def test_a_factory_that_makes_no_network_is_refused(factory: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=sentence):
        make_network(write(tmp_path, net=NET), factory, {})


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "import no_such_library\n",
            r"No module named 'no_such_library': install it, .* needs it \(ModuleNotFoundError, net\.py, line 1\)",
        ),
        ("class\n", r"invalid syntax \(SyntaxError, net\.py, line 1\)"),
        ("import sys\nsys.exit()\n", r"it ends the program with status None at net\.py, line 2\."),
        ("from .layers import DEPTH\n", r"\(ModuleNotFoundError, net\.py, line 1\)"),
    ],
)
def test_a_file_that_does_not_import_is_refused(source: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=f"net.py does not import: .*{sentence}"):
        import_file(write(tmp_path / "sub", net=source))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="There is no Python file"):
        import_file(tmp_path / "gone.py")

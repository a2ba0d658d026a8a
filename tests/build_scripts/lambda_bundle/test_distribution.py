from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from build_scripts.lambda_bundle.distribution import read_distribution
from build_scripts.lambda_bundle.errors import WheelError
from build_scripts.lambda_bundle.packages.lock import Pin
from build_scripts.lambda_bundle.packages.wheels import Wheel
from build_scripts.lambda_bundle.recipe import Recipe

WHEEL = Wheel(Pin(canonicalize_name("onnxruntime"), "1.0", frozenset()), Path("onnxruntime-1.0-py3-none-any.whl"), "f")
METADATA = "onnxruntime-1.0.dist-info/METADATA"


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("License-Expression: MIT", "MIT"),
        ("License: MIT License\n        and more", "MIT License"),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD License"),
        ("Summary: nothing", "see its text"),
    ],
)
def test_the_licence_is_what_the_metadata_say(recipe: Recipe, said: str, licence: str) -> None:
    tree = {METADATA: f"Name: onnxruntime\nVersion: 1.0\n{said}\n".encode()}
    assert read_distribution(WHEEL, tree, recipe).licence == licence


def test_licence_texts_are_collected_in_one_folder(recipe: Recipe) -> None:
    texts = {
        "onnxruntime-1.0.dist-info/licenses/LICENSE": b"a",
        "onnxruntime-1.0.dist-info/LICENSE.txt": b"b",
        "onnxruntime/ThirdPartyNotices.txt": b"c",
    }
    tree = {METADATA: b"Name: onnxruntime\nVersion: 1.0\n", "onnxruntime/__init__.py": b"", **texts}
    assert read_distribution(WHEEL, tree, recipe).licences == {
        "licenses/onnxruntime-1.0/LICENSE": b"a",
        "licenses/onnxruntime-1.0/LICENSE.txt": b"b",
        "licenses/onnxruntime-1.0/onnxruntime/ThirdPartyNotices.txt": b"c",
    }


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({}, "has 0 METADATA files, not 1"),
        ({METADATA: b"Name: onnxruntime\nVersion: 2.0\n"}, r"is onnxruntime 2\.0 by its metadata, not "),
    ],
)
def test_a_wheel_that_says_nothing_or_another_version_is_refused(
    recipe: Recipe, tree: dict[str, bytes], said: str
) -> None:
    with pytest.raises(WheelError, match=said):
        read_distribution(WHEEL, tree, recipe)

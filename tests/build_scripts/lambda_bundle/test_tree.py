from pathlib import Path

import pytest

from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.tree import joined, placed, read_tree, size_bytes, write_tree

TREE = {"a.py": b"a", "b/c.txt": b"cc"}


def test_a_tree_is_what_was_written(tmp_path: Path) -> None:
    write_tree(TREE, tmp_path)
    assert read_tree(tmp_path) == TREE
    assert read_tree(tmp_path, "top/") == placed(TREE, "top/") == {"top/a.py": b"a", "top/b/c.txt": b"cc"}


def test_bytecode_and_hidden_files_are_not_read(tmp_path: Path) -> None:
    write_tree(TREE | {"__pycache__/a.cpython-313.pyc": b"", ".DS_Store": b"", "b/.git/x": b""}, tmp_path)
    assert read_tree(tmp_path) == TREE


def test_what_is_named_is_not_read(tmp_path: Path) -> None:
    write_tree(TREE, tmp_path)
    assert read_tree(tmp_path, "top/", lambda path: path.startswith("top/b/")) == {"top/a.py": b"a"}


def test_equal_files_may_meet_and_different_ones_may_not() -> None:
    assert joined([TREE, {"a.py": b"a", "d": b""}]) == TREE | {"d": b""}
    with pytest.raises(
        BundleError, match=r"Two packages have different files at a\.py: leave one of them out of the lock\."
    ):
        joined([TREE, {"a.py": b"other"}])


def test_the_size_is_that_of_the_contents() -> None:
    assert size_bytes(TREE) == 3

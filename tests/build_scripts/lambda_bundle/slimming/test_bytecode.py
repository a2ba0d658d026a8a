import importlib.util
import marshal
import os
import sys
from pathlib import Path

import pytest

from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.packages.interpreter import Interpreter
from build_scripts.lambda_bundle.slimming.bytecode import with_bytecode

TREE = {"pack/mod.py": b"KINDS = {'a', 'b', 'c'} or frozenset('xyz')\ndef f():\n    return 'text'\n", "pack/x.txt": b""}
COMPILED = f"pack/__pycache__/mod.{sys.implementation.cache_tag}.pyc"


def test_each_source_has_bytecode_that_is_never_checked(this_python: Interpreter) -> None:
    tree = with_bytecode(TREE, this_python, "/opt")
    assert set(tree) == {*TREE, COMPILED}
    flags = int.from_bytes(tree[COMPILED][4:8], "little")
    assert (tree[COMPILED][:4], flags) == (importlib.util.MAGIC_NUMBER, 0b01)


def test_tracebacks_name_the_place_on_lambda(this_python: Interpreter) -> None:
    code = marshal.loads(with_bytecode(TREE, this_python, "/var/task")[COMPILED][16:])
    assert code.co_filename == "/var/task/pack/mod.py"


def test_bytecode_does_not_depend_on_where_and_how_it_is_made(
    this_python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = with_bytecode(TREE, this_python, "/opt")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    umask = os.umask(0o077)
    try:
        assert with_bytecode(TREE, this_python, "/opt") == first
    finally:
        os.umask(umask)


def test_a_source_that_cannot_be_compiled_is_told(this_python: Interpreter) -> None:
    with pytest.raises(BundleError, match=r"failed: .*SyntaxError|failed: .*invalid syntax"):
        with_bytecode({"broken.py": b"def :\n"}, this_python, "/opt")

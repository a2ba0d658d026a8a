"""Bytecode for the target: made beforehand, and never checked against its source at import."""

from pathlib import Path
from tempfile import TemporaryDirectory

from build_scripts.lambda_bundle.packages.interpreter import Interpreter
from build_scripts.lambda_bundle.tree import Tree, joined, read_bytecode, write_tree


def with_bytecode(tree: Tree, interpreter: Interpreter, mounted: str) -> Tree:
    """Return the files with an unchecked-hash .pyc beside each .py.

    Args:
        tree: files; .py that cannot be compiled have no place in it.
        interpreter: the target's Python.
        mounted: folder where Lambda puts the files; tracebacks name it.

    Raises:
        BundleError: a source cannot be compiled.
    """
    sources = {path: content for path, content in tree.items() if path.endswith(".py")}
    with TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        write_tree(sources, root)
        options = ["-q", "-f", "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", mounted, str(root)]
        interpreter.run(["-S", "-s", "-P", "-W", "ignore", "-m", "compileall", *options])
        return joined([tree, read_bytecode(root)])

"""The gates of a layer: a figure outside its limit raises, and nothing is written."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from build_scripts.errors import GateFailed
from build_scripts.lambda_bundle.architecture import Architecture
from build_scripts.lambda_bundle.checks.libraries import parse_symbol_version, read_demands
from build_scripts.lambda_bundle.distribution import Distribution
from build_scripts.lambda_bundle.errors import BundleError
from build_scripts.lambda_bundle.layers import SITE
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.slimming.stripping import is_library
from build_scripts.lambda_bundle.tree import Tree

MIB = 2**20
UNCHECKED_HASH = 0b01  # Source: PEP 552


def check_size(what: str, size_bytes: int, limit_mib: float) -> None:
    """Hold something to its budget.

    Raises:
        GateFailed: it is larger.
    """
    if size_bytes > limit_mib * MIB:
        raise GateFailed(f"size of {what} in MiB", size_bytes / MIB, f"at most {limit_mib:g}")


def check_libraries(tree: Tree, architecture: Architecture, recipe: Recipe) -> None:
    """Hold every shared library to the layer's processor and to the symbols that Lambda's system has.

    Raises:
        BundleError: a library is for another processor.
        GateFailed: it needs a newer symbol.
    """
    for path, content in tree.items():
        if not is_library(path, content):
            continue
        demands = read_demands(path, content)
        if demands.machine != architecture.elf_machine:
            raise BundleError(f"{path} is for {demands.machine}; the layer is for {architecture.elf_machine}.")
        for family, limit in recipe.newest_symbols.items():
            needed = demands.newest.get(family, ())
            if needed > parse_symbol_version(f"{family}_{limit}")[1]:
                version = ".".join(map(str, needed))
                gate = f"{family} symbols of {path} ({family}_{version})"
                raise GateFailed(gate, float(".".join(map(str, needed[-2:]))), f"at most {family}_{limit}")


def check_bytecode(tree: Tree, recipe: Recipe) -> None:
    """Hold every .py to a .pyc of the target's Python that is never checked at import, and every .pyc to its .py.

    Raises:
        GateFailed: a .pyc is missing, stale, or alone; the message names the first.
    """
    tag = f"cpython-{recipe.python_minor.replace('.', '')}"
    expected = {_bytecode_of(path, tag) for path in tree if path.endswith(".py")}
    present = {path for path in tree if path.endswith(".pyc")}
    header = recipe.bytecode_magic.to_bytes(2, "little") + b"\r\n" + UNCHECKED_HASH.to_bytes(4, "little")
    stale = {path for path in present & expected if not tree[path].startswith(header)}
    for what, paths in (("missing", expected - present), ("alone", present - expected), ("stale", stale)):
        if paths:
            raise GateFailed(f"{what} .pyc ({min(paths)})", len(paths), "0")


def check_forbidden(tree: Tree, recipe: Recipe) -> None:
    """Hold the asset or a layer to what must not be in it.

    Raises:
        GateFailed: something is there; the message names the first.
    """
    found = sorted(path for path in tree if recipe.forbidden.has(path.removeprefix(SITE)))
    if found:
        raise GateFailed(f"files that must not be in the bundle ({found[0]})", len(found), "0")


def check_required(tree: Tree, recipe: Recipe) -> None:
    """Hold the runtime layer to what must be in it.

    Raises:
        GateFailed: there is no file of a required pattern.
    """
    for rule in recipe.required:
        if not any(rule.matches(path.removeprefix(SITE)) for path in tree):
            raise GateFailed(f"files of {rule.pattern} ({rule.reason})", 0, "at least 1")


def check_licences(distributions: Sequence[Distribution]) -> None:
    """Hold every distribution to a licence text.

    Raises:
        GateFailed: one has none.
    """
    without = [one.name for one in distributions if not one.licences]
    if without:
        raise GateFailed(f"distributions without a licence text ({', '.join(without)})", len(without), "0")


def _bytecode_of(source: str, tag: str) -> str:
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc")

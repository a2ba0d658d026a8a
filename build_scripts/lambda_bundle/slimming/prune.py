"""The recipe applied to unpacked wheels: what is dropped, what is stripped, which licences are collected."""

from build_scripts.lambda_bundle.recipe import Recipe, Rule
from build_scripts.lambda_bundle.slimming.stripping import stripped
from build_scripts.lambda_bundle.tree import Tree


def pruned(tree: Tree, recipe: Recipe) -> Tree:
    """Return the files that the layer keeps, shared libraries stripped; licences are collected apart."""
    rules = (*recipe.dropped, *recipe.licence)
    kept = {path: content for path, content in tree.items() if not _any(rules, path)}
    return {path: stripped(content) if is_library(path, content) else content for path, content in kept.items()}


def collected_licences(tree: Tree, recipe: Recipe) -> Tree:
    """Return the licence texts of one unpacked wheel, by their path in it."""
    return {path: content for path, content in tree.items() if _any(recipe.licence, path)}


def is_library(path: str, content: bytes) -> bool:
    """Tell whether a file is a shared library in ELF."""
    return ".so" in path.rpartition("/")[2] and content.startswith(b"\x7fELF")


def _any(rules: tuple[Rule, ...], path: str) -> bool:
    return any(rule.matches(path) for rule in rules)

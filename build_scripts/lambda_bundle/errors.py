"""Failures of the bundle; a figure outside its limit is a `GateFailed`."""

from build_scripts.errors import BuildError

# What to do about a file of a wheel that is the locked one, and cannot be used: the end of a sentence.
REMEDY = "lock another version of its package, or leave it out in layers/runtime/recipe.toml."


class BundleError(BuildError):
    """A tool, a wheel or a file without which there is no bundle."""


class WheelError(BundleError):
    """A wheel that cannot be had, or is not the one that was locked."""

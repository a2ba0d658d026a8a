"""Failures of the bundle; a figure outside its limit is a `GateFailed`."""

from build_scripts.errors import BuildError


class BundleError(BuildError):
    """A tool, a wheel or a file without which there is no bundle."""


class WheelError(BundleError):
    """A wheel that cannot be had, or is not the one that was locked."""

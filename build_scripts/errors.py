"""Failures of the build flow, each with the figure that was measured."""


class BuildError(Exception):
    """A build step that cannot give what it promises."""


class DataError(BuildError):
    """A data file that is not of the form the step reads."""


class CheckpointError(BuildError):
    """A checkpoint that does not hold what the step needs."""


class GateFailed(BuildError):  # noqa: N818 - the design's name for it
    """A measured figure outside the limit of its gate."""

    def __init__(self, gate: str, measured: float, limit: str) -> None:
        """Name the gate, the figure measured and the limit it missed."""
        super().__init__(f"Gate {gate} failed: measured {measured:.6g}, limit {limit}.")
        self.gate = gate
        self.measured = measured


class PackageExistsError(BuildError):
    """A model version that is already written; versions do not change."""

"""Failures of the build flow, each with the figure that was measured."""


def last_line(output: str | bytes | None) -> str:
    """Return the last line that a failed program wrote, as part of an error's sentence."""
    text = output.decode(errors="replace") if isinstance(output, bytes) else output or ""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"


class BuildError(Exception):
    """A failure of a build step; the base of all others."""


class DataError(BuildError):
    """A data file that is not of a form that the step reads."""


class CheckpointError(BuildError):
    """A checkpoint that does not hold what the step needs."""


class QuantizationError(BuildError):
    """Calibration windows, a layer or a setting that a quantization technique cannot work with."""


class FineTuningError(BuildError):
    """A fine-tuning without epochs or batches, or with a loss that is not finite."""


class PruningError(BuildError):
    """A share or a setting with which a network cannot be pruned."""


class GateFailed(BuildError):  # noqa: N818 - the design's name for it
    """A measured figure outside the limit of its gate."""

    def __init__(self, gate: str, measured: float, limit: str) -> None:
        """Name the gate, the figure measured and the limit it missed."""
        super().__init__(f"Gate {gate} failed: measured {measured:.6g}, limit {limit}.")
        self.gate = gate
        self.measured = measured


class NoVariantPassed(BuildError):  # noqa: N818 - as GateFailed
    """Every quantized variant that was tried is outside a gate."""

    def __init__(self, reasons: str, next_step: str) -> None:
        """State what each variant missed, what may help, and the option that packages float32."""
        super().__init__(
            f"No quantized variant passes its gates: {reasons}. {next_step} --allow-float32 packages float32 alone."
        )


class ValidationFailed(BuildError):  # noqa: N818 - as GateFailed
    """An ONNX file that does not match its network."""

    def __init__(self, failures: list[str], largest_difference: float) -> None:
        """List every check that failed."""
        lines = "; ".join(failures)
        super().__init__(f"Validation failed ({len(failures)}; largest difference {largest_difference:.3g}): {lines}.")
        self.failures = failures
        self.largest_difference = largest_difference


class PackageExistsError(BuildError):
    """A model version that is already written; versions do not change."""


class RecipeError(BuildError):
    """A recipe, or the network it names, that cannot be built."""


class ExportError(BuildError):
    """A network that PyTorch cannot express in ONNX."""


class EmulationError(BuildError):
    """A processor that cannot be emulated here, or a run on it that failed."""


class DebianError(BuildError):
    """Packages of Debian that cannot be unpacked here."""

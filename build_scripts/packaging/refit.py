"""The step that fits the trust of a package anew: its files and its calibration stay as they are."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import UNSET
from msgspec.structs import asdict, astuple, replace

from build_scripts.evidence.calibrate import Calibration
from build_scripts.evidence.card.step import read_package, write_card
from build_scripts.evidence.judged import Strangers
from build_scripts.evidence.proof.proof import write_proof
from build_scripts.evidence.trust import FittedTrust, fit_trust
from build_scripts.packaging.kept import resting_on_trust
from functions.core.models.engine import Engine
from functions.core.models.manifest import Manifest, TrustRule, write_manifest
from functions.core.models.models import ModelRepository

# Of each figure of a rule: features and answers differ in their last digits from one processor to another.
_ROUNDING = 1e-3

log = logging.getLogger("build")


@dataclass(frozen=True)
class Refit:
    """The trust of a package before, None where it has none, and the one that was fitted anew."""

    manifest: Manifest
    fitted: FittedTrust

    @property
    def before(self) -> TrustRule | None:
        """The rule that the package has."""
        return None if self.manifest.trust is UNSET else self.manifest.trust

    @property
    def is_same(self) -> bool:
        """Whether both rules are one, but for what another processor or library rounds otherwise."""
        if self.before is None:
            return False
        return bool(np.allclose(astuple(self.before), astuple(self.fitted.rule), rtol=_ROUNDING, atol=0))

    def as_json(self) -> dict[str, object]:
        """Return both rules as one JSON object; `same`: whether they are one."""
        return {
            "model": self.manifest.name,
            "version": self.manifest.version,
            "same": self.is_same,
            "trust": asdict(self.fitted.rule),
            "packaged": None if self.before is None else asdict(self.before),
        }


def refit_trust(models: Path, name: str, strangers: Callable[[Engine], Strangers]) -> Refit:
    """Fit the trust of the newest version of a package again, by the same records as its build.

    Raises:
        ModelNotFoundError, ModelUnavailableError: the package cannot be loaded.
    """
    model = ModelRepository(models).load(name)
    manifest = model.manifest
    calibration = Calibration(manifest.temperature, manifest.join, manifest.novelty, {}, None)
    class_ids = [one.id for one in manifest.classes]
    return Refit(manifest, fit_trust(strangers(model.engine), calibration, class_ids))


def write_trust(found: Refit, folder: Path) -> None:
    """Write a rule into the manifest of a package's folder, what it was fitted by into its proof, and its card anew.

    The log names the commands that make anew what was measured of the answers under the old rule.

    Raises:
        DataError: the folder has no manifest or no proof.
    """
    manifest, proof = read_package(folder)
    proof = proof.with_trust(found.fitted)
    evidence = replace(
        manifest.evidence, notes=manifest.evidence.notes | {"calibration_error": proof.calibration_error}
    )
    changed = replace(manifest, trust=found.fitted.rule, evidence=evidence)
    (folder / "manifest.json").write_bytes(write_manifest(changed))
    write_proof(proof, folder)
    write_card(folder)
    for name, command in resting_on_trust(folder).items():
        if not found.is_same:
            log.warning("%s was measured under another rule of trust: make it anew with `%s`", name, command)

"""bundle.json: the contents of a bundle, their sources and sizes; the CDK reads it."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from build_scripts.lambda_bundle.artifact import Artifact, Layers
from build_scripts.lambda_bundle.models import PackagedModel
from build_scripts.lambda_bundle.recipe import Recipe
from build_scripts.lambda_bundle.revision import Revision
from functions.core.version import VERSION

SCHEMA_VERSION = 1


def bundle_document(
    functions: Artifact, layers: Sequence[Layers], recipe: Recipe, revision: Revision
) -> dict[str, object]:
    """Return bundle.json as one JSON object; nothing in it depends on place or time."""
    artifacts = [functions, *(artifact for one in layers for artifact in (one.runtime, one.models))]
    return {
        "schema_version": SCHEMA_VERSION,
        "version": VERSION,
        "revision": asdict(revision),
        "python": {"runtime": f"python{recipe.python_minor}", "bytecode": recipe.python},
        "artifacts": {artifact.path: artifact.as_json() for artifact in artifacts},
        "totals": {one.architecture.name: _total([functions, one.runtime, one.models]) for one in layers},
        "limits_mib": {
            "bundle": recipe.bundle_mib,
            "runtime": {one.architecture.name: recipe.budget(one.architecture.name).model_dump() for one in layers},
        },
        "distributions": _distributions(layers),
        "left_out": {one.distribution: one.reason for one in recipe.left_out},
        "models": {one.architecture.name: [_model(package) for package in one.packages] for one in layers},
    }


def as_text(document: dict[str, object]) -> str:
    """Return a document as it stands in its file."""
    return json.dumps(document, indent=2) + "\n"


def _total(artifacts: Sequence[Artifact]) -> dict[str, int]:
    return {
        "zipped_bytes": sum(len(artifact.content) for artifact in artifacts),
        "unzipped_bytes": sum(artifact.unzipped_bytes for artifact in artifacts),
    }


def _distributions(layers: Sequence[Layers]) -> dict[str, object]:
    found: dict[str, dict[str, object]] = {}
    wheels: dict[str, dict[str, object]] = {}
    for one in layers:
        for distribution in one.distributions:
            wheel = {"file": distribution.wheel.path.name, "sha256": distribution.wheel.sha256}
            wheels.setdefault(distribution.name, {})[one.architecture.name] = wheel
            found[distribution.name] = {
                "version": distribution.version,
                "licence": distribution.licence,
                "licence_files": sorted(distribution.licences),
                "wheels": wheels[distribution.name],
            }
    return dict(sorted(found.items()))


def _model(package: PackagedModel) -> dict[str, object]:
    variant = package.variant
    return {
        "name": package.name,
        "version": package.version,
        "precision": variant.precision,
        "file": variant.file,
        "sha256": variant.sha256,
    }

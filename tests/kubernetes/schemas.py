"""Makes tests/fixtures/kubernetes/schemas.json from what Kubernetes and KServe publish on the package index.

`pip download --no-deps kubernetes-validate kserve`, then `python -m tests.kubernetes.schemas THEIR-WHEELS`. Kubernetes'
JSON schema is in kubernetes-validate as it is published, strict: what it does not know is refused. KServe publishes its
types as the models of its Python client, made from its OpenAPI document; their fields become the schema of an
InferenceService. Descriptions are left out. Both are Apache-2.0.
"""

import ast
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "kubernetes" / "schemas.json"
KUBERNETES = ("io.k8s.api.networking.v1.NetworkPolicy",)
KSERVE = "V1beta1InferenceService"
_PLAIN: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "object": {},
    "datetime": {"type": "string"},
    "ResourceQuantity": {"type": ["string", "number"]},
    "V1beta1MetricQuantity": {"type": ["string", "number"]},
    "KnativeURL": {"type": "string"},
    "KnativeVolatileTime": {"type": "string"},
}
# Where a type of Kubernetes is among its definitions, by how KServe's client calls it.
_PLACES = (
    (r"K8sIoApiAutoscalingV2(\w+)|V2(\w+)", "io.k8s.api.autoscaling.v2."),
    (r"K8sIoApiAppsV1(\w+)", "io.k8s.api.apps.v1."),
    (r"(?:K8sIoApiCore)?V1([A-Z]\w+)", "io.k8s.api.core.v1."),
    (r"(?:K8sIoApimachineryPkgApisMeta)?V1([A-Z]\w+)", "io.k8s.apimachinery.pkg.apis.meta.v1."),
)


def make(kubernetes: zipfile.ZipFile, kserve: zipfile.ZipFile) -> dict[str, Any]:
    """Every definition that an InferenceService or a NetworkPolicy reaches."""
    published = _published(kubernetes)
    found: dict[str, Any] = {}
    _add_kserve(KSERVE, kserve, published, found)
    pending = [*KUBERNETES, *_references(found)]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = _bare(published[name])
            pending += _references(found[name])
    versions = {"kubernetes": _version(kubernetes), "kserve": _version(kserve)}
    return {"versions": versions, "$defs": dict(sorted(found.items()))}


def _published(wheel: zipfile.ZipFile) -> dict[str, Any]:
    newest = max(
        (name for name in wheel.namelist() if name.endswith("-local-strict/_definitions.json")),
        key=lambda name: [int(part) for part in re.findall(r"\d+", name)],
    )
    document = json.loads(wheel.read(newest))
    definitions: dict[str, Any] = document.get("$defs") or document["definitions"]
    return definitions


def _add_kserve(kind: str, wheel: zipfile.ZipFile, published: dict[str, Any], found: dict[str, Any]) -> None:
    """Add a model of KServe's client and those it has in it."""
    if kind in found:
        return
    text = _module(kind, wheel)
    members = {
        target.id: ast.literal_eval(node.value)
        for one in ast.parse(text).body
        if isinstance(one, ast.ClassDef)
        for node in one.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found[kind] = {"type": "object", "additionalProperties": False, "properties": {}}
    names: dict[str, str] = members["attribute_map"]
    required = [names[name] for name in re.findall(r"Invalid value for `(\w+)`, must not be `None`", text)]
    if required:
        found[kind]["required"] = sorted(set(required))
    for name, described in members["openapi_types"].items():
        if name == "status":
            continue  # the cluster's to write
        found[kind]["properties"][names[name]] = _typed(described, wheel, published, found)


def _module(kind: str, wheel: zipfile.ZipFile) -> str:
    for name in wheel.namelist():
        if name.startswith("kserve/models/") and f"class {kind}(" in (text := wheel.read(name).decode()):
            return text
    raise KeyError(kind)


def _typed(described: str, wheel: zipfile.ZipFile, published: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    if match := re.fullmatch(r"list\[(.+)\]", described):
        return {"type": "array", "items": _typed(match[1], wheel, published, found)}
    if match := re.fullmatch(r"dict\(str, (.+)\)", described):
        return {"type": "object", "additionalProperties": _typed(match[1], wheel, published, found)}
    if described in _PLAIN:
        return _PLAIN[described]
    for pattern, place in _PLACES:
        match = re.fullmatch(pattern, described)
        name = place + next(filter(None, match.groups())) if match else ""
        if name in published:
            return {"$ref": f"#/$defs/{name}"}
    _add_kserve(described, wheel, published, found)
    return {"$ref": f"#/$defs/{described}"}


def _bare(schema: Any) -> Any:
    """A schema without descriptions, its references leading into this document."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "description" or isinstance(value, dict)}
    return {
        key: re.sub(r"^.*#/(?:\$defs|definitions)/", "#/$defs/", value) if key == "$ref" else _bare(value)
        for key, value in kept.items()
        if not key.startswith("x-kubernetes")
    }


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for one in schema for name in _references(one)]
    if not isinstance(schema, dict):
        return []
    own = [str(schema["$ref"]).removeprefix("#/$defs/")] if isinstance(schema.get("$ref"), str) else []
    deeper = [name for value in schema.values() for name in _references(value)]
    return [name for name in own + deeper if name.startswith("io.k8s")]


def _version(wheel: zipfile.ZipFile) -> str:
    return Path(str(wheel.filename)).name.split("-")[1]


if __name__ == "__main__":
    wheels = {Path(name).name.partition("-")[0]: zipfile.ZipFile(name) for name in sys.argv[1:]}
    made = make(wheels["kubernetes_validate"], wheels["kserve"])
    FIXTURE.write_text(json.dumps(made, separators=(",", ":")) + "\n")

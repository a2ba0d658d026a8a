"""Templates of a synthesis, searched by type and property, never by logical id."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cdk.stage_variants import VARIANTS

Properties = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One stack's template."""

    document: dict[str, Any]

    def resources(self, type_: str) -> list[dict[str, Any]]:
        """Every resource of a type, with its policies and dependencies."""
        return [one for one in self.document["Resources"].values() if one["Type"] == type_]

    def all(self, type_: str) -> list[Properties]:
        """The properties of every resource of a type."""
        return [one.get("Properties", {}) for one in self.resources(type_)]

    def only(self, type_: str) -> Properties:
        """The properties of the one resource of a type."""
        (properties,) = self.all(type_)
        return properties

    def named(self, type_: str, key: str, value: str) -> Properties:
        """The properties of the one resource of a type that has this value."""
        (properties,) = [one for one in self.all(type_) if one.get(key) == value]
        return properties

    def statements(self) -> list[dict[str, Any]]:
        """Every statement of every IAM policy."""
        return [
            statement for policy in self.all("AWS::IAM::Policy") for statement in policy["PolicyDocument"]["Statement"]
        ]

    def types(self) -> set[str]:
        """The types of its resources."""
        return {one["Type"] for one in self.document["Resources"].values()}


@dataclass(frozen=True)
class Assembly:
    """Everything one synth wrote."""

    folder: Path

    def template(self, stage: str, part: str) -> Template:
        """The template of one stack, of a stage that ships or one of `VARIANTS`."""
        name = VARIANTS[stage].name if stage in VARIANTS else stage
        folder = self.folder / f"assembly-{stage}" if stage in VARIANTS else self.folder
        stem = f"{stage if stage in VARIANTS else ''}palier{name}{part}"
        (path,) = [
            one
            for one in folder.glob("*.template.json")
            if one.name.removesuffix(".template.json").replace("-", "").partition(".")[0].startswith(stem)
        ]
        return Template(json.loads(path.read_bytes()))

    def files(self) -> list[Path]:
        """Every template."""
        return sorted(self.folder.rglob("*.template.json"))

    def findings(self) -> list[dict[str, Any]]:
        """What the checks of cdk-nag object to."""
        report = json.loads((self.folder / "validation-report.json").read_bytes())
        return [violation for plugin in report["pluginReports"] for violation in plugin["violations"]]

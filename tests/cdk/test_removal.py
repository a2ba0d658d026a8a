"""Removing a stage needs the names and the order of its stacks, and nothing else that deploying needs."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk.app import is_chosen
from cdk.refusals import StageError
from cdk.removal import PARTS, compose_removal
from cdk.stages import STAGES
from tests.cdk.templates import Assembly


def dependencies(folder: Path) -> dict[str, set[str]]:
    """The stacks of an assembly by the last part of their names, each with those that it depends on."""
    artifacts: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())["artifacts"]
    stacks = {key: one for key, one in artifacts.items() if one["type"] == "aws:cloudformation:stack"}
    names = {key: one["properties"].get("stackName", key).rpartition("-")[2] for key, one in stacks.items()}
    return {
        names[key]: {names[other] for other in one.get("dependencies", []) if other in names}
        for key, one in stacks.items()
    }


def test_the_order_is_that_of_what_is_deployed(assembly: Assembly) -> None:
    deployed = dependencies(assembly.folder / "assembly-warm")
    assert set(deployed) == set(PARTS)
    for part, needs in deployed.items():
        assert needs <= set(PARTS[: PARTS.index(part)]), part


def test_prod_is_removed_without_receiver_and_bundle(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False, tree_metadata=False)
    assert STAGES["prod"].receivers == ()
    compose_removal(app, STAGES["prod"])
    app.synth()
    found = dependencies(tmp_path)
    assert found == {part: set(PARTS[max(index - 1, 0) : index]) for index, part in enumerate(PARTS)}


@pytest.mark.parametrize(("name", "word"), [("removing", "yes"), ("provider", "there")])
def test_a_key_of_the_context_is_its_one_word_or_left_out(name: str, word: str) -> None:
    assert is_chosen(cdk.App(context={name: word}), name, word)
    assert not is_chosen(cdk.App(), name, word)
    # Empty stacks in the place of a stage's own would delete what it holds.
    for other in ("no", "", "YES"):
        with pytest.raises(
            StageError, match=f"^The context has {name}={other}; write {name}={word}, or leave it out.$"
        ):
            is_chosen(cdk.App(context={name: other}), name, word)

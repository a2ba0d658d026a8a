"""The walls of the place, by functions that run into them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from build_scripts.local.lambda_sandbox.places import Places
from build_scripts.local.lambda_sandbox.sandbox import Function, Sandbox

FAILING_RESTORE = """
from snapshot_restore_py import register_after_restore

@register_after_restore
def fail():
    raise OSError("no clock")

def handler(event, context):
    return 0
"""
# As good as one snapshot restored twice: what was drawn before it is the same in both.
SEEDED = """
import random
from functions.core.lambda_host.snapshot import register_snapshot_hooks

random.seed(1)
register_snapshot_hooks(int, int)

def draw(event, context):
    return random.random()
"""


@pytest.fixture
def misbehaving(places: Places, tmp_path: Path) -> Places:
    shutil.copyfile(Path(__file__).with_name("misbehaving.py"), tmp_path / "misbehaving.py")
    (tmp_path / "misbehaving_restore.py").write_text(FAILING_RESTORE)
    (tmp_path / "seeded.py").write_text(SEEDED)
    shutil.copytree(places.task / "functions", tmp_path / "functions")
    (tmp_path / "broken.py").write_text("raise ImportError('no such model runtime')\n")
    for path in (tmp_path, *tmp_path.iterdir()):
        path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    return replace(places, task=tmp_path)


def test_the_place_is_as_strict_as_lambda(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.place", memory_mb=512)) as sandbox:
        found = sandbox.invoke({}).body
    assert found["uid"] == 993
    assert found["writable"] == ["/tmp"]
    assert found["network"] != "open"
    assert found["processors"] == "512"
    assert 0 < found["remaining_ms"] <= 30_000


def test_a_time_out_ends_the_function(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.too_slow", timeout_s=1.0)) as sandbox:
        assert sandbox.invoke({}).kind == "timeout"


def test_memory_beyond_the_limit_ends_the_function(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.too_much_memory", memory_mb=256)) as sandbox:
        assert sandbox.invoke({}).kind in {"exit", "error"}


def test_an_answer_over_six_megabytes_is_an_error(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving.too_large_answer")) as sandbox:
        assert sandbox.invoke({}).error_type == "Function.ResponseSizeTooLarge"


def test_a_handler_that_does_not_import_says_why(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("broken.handler")) as sandbox:
        assert sandbox.started.kind == "init_error"
        assert "no such model runtime" in sandbox.started.content["error"]["errorMessage"]


def test_a_hook_that_fails_after_a_restore_says_why(misbehaving: Places) -> None:
    with Sandbox(misbehaving, Function("misbehaving_restore.handler", snap_start=True)) as sandbox:
        assert sandbox.started.kind == "snapshot"
        outcome = sandbox.restore()
        assert outcome.kind == "restore_error"
        assert "no clock" in outcome.content["error"]["errorMessage"]


def test_instances_of_one_snapshot_differ(misbehaving: Places) -> None:
    drawn = []
    for _ in range(2):
        with Sandbox(misbehaving, Function("seeded.draw", snap_start=True)) as sandbox:
            assert sandbox.restore().kind == "next"
            drawn.append(sandbox.invoke({}).body)
    assert drawn[0] != drawn[1]

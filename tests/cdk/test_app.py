"""The app as the CDK's command line runs it: a process without credentials, region, git or Docker."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cdk.stage_variants import PARTS

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "cdk/node_modules/.bin/cdk"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="the CDK runs on Node.js, and there is none")


def run(command: list[str], home: Path, **context: str) -> subprocess.CompletedProcess[str]:
    """Run a command where nothing of this machine is to be seen but Node.js and this Python's packages."""
    node = Path(str(shutil.which("node"))).resolve()
    tools = home / "bin"
    tools.mkdir()
    for name, target in {"node": node, "python3": Path(sys.executable)}.items():
        wrapper = tools / name
        wrapper.write_text(f'#!/bin/sh\nexec "{target}" "$@"\n')
        wrapper.chmod(0o755)
    environment = {
        "PATH": f"{tools}:/nowhere",
        "HOME": str(home),
        "PYTHONPATH": ":".join([str(ROOT), *(path for path in sys.path if path)]),
        "CDK_OUTDIR": str(home / "cdk.out"),
        "CDK_CONTEXT_JSON": json.dumps(context),
        # The CDK's own copy, unpacked by whatever synthesized before; only these files are seen.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache"),
        "CDK_DISABLE_VERSION_CHECK": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
    }
    assert shutil.which("git", path=environment["PATH"]) is None
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)


APP = [sys.executable, "-m", "cdk.app"]


@pytest.fixture(scope="module")
def synthesized(bundle_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """Stage prod, by the CDK's command line where it is installed, else by the app: what it printed and wrote."""
    home = tmp_path_factory.mktemp("synth")
    context = {"stage": "prod", "bundle": str(bundle_dir), "receiver": "mailto:oncall@plant.internal"}
    if CDK.exists():
        options = [part for name, value in context.items() for part in ("-c", f"{name}={value}")]
        done = run([str(CDK), "list", "--output", str(home / "cdk.out"), *options], home)
    else:
        done = run(APP, home, **context)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, sorted(path.name for path in (home / "cdk.out").glob("*.template.json"))


@needs_node
def test_synth_needs_nothing_of_the_machine(synthesized: tuple[str, list[str]]) -> None:
    assert synthesized[1] == [f"palier-prod-{part}.template.json" for part in PARTS]


@needs_node
@pytest.mark.skipif(not CDK.exists(), reason="the CDK's command line is not installed; make synth installs it")
def test_the_command_line_reads_the_assembly(synthesized: tuple[str, list[str]]) -> None:
    assert sorted(synthesized[0].split()) == [f"palier-prod-{part}" for part in PARTS]


@needs_node
@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"stage": "qa"}, "There is no stage 'qa'; there are dev, staging, prod."),
        ({"stage": "prod"}, "its alarms have no receiver of pages"),
        ({"stage": "prod", "receiver": "oncall"}, "is neither mailto:NAME@DOMAIN nor https://"),
        ({"stage": "dev", "bundle": "/nowhere"}, "There is no bundle in /nowhere; run make bundle first."),
    ],
)
def test_refusals_are_one_sentence_and_no_traceback(context: dict[str, str], sentence: str, tmp_path: Path) -> None:
    done = run(APP, tmp_path, **context)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("cdk.out/*.template.json"))


def test_the_command_line_is_pinned_with_its_hash_and_no_host() -> None:
    lock = json.loads((ROOT / "cdk/package-lock.json").read_bytes())["packages"]
    assert lock["node_modules/aws-cdk"]["version"] == "2.1148.1"
    assert lock["node_modules/aws-cdk"]["integrity"].startswith("sha512-")
    assert "://" not in (ROOT / "cdk/package-lock.json").read_text()


def test_every_recommended_flag_stands_in_cdk_json() -> None:
    flags = json.loads((ROOT / "cdk.json").read_bytes())["context"]
    assert len(flags) > 80
    assert flags["@aws-cdk/core:defaultCrossStackReferences"] == "strong"

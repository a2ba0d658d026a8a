"""KServe's InferenceRESTClient, in an environment of its own: it cannot be installed beside ONNX's protobuf."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from functions.core.settings import Settings
from functions.inference.app import create_app
from tests.support.servers import serving
from tests.support.v2 import MEANS, batch, expected_logits, expected_rows
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[4]
PYTHON = ROOT / ".venv" / "kserve" / "bin" / "python"
INSTALLED = ROOT / ".venv" / ".kserve"
SCRIPT = ROOT / "tests" / "support" / "kserve_client.py"

pytestmark = pytest.mark.skipif(
    not INSTALLED.exists(), reason="KServe's client is in the .venv that `make test` creates"
)


def asked(app: Starlette) -> dict[str, Any]:
    """Serve an app, ask it everything, and return what the client returned."""
    with serving(app) as (host, port):
        done = subprocess.run(
            [PYTHON, SCRIPT],
            input=json.dumps({"url": f"http://{host}:{port}", "rows": batch(*MEANS)[:, 0].tolist()}),
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def answers(models_dir: Path) -> dict[str, Any]:
    settings = Settings(stage="local", models_dir=models_dir, default_model="tiny", api_keys_required=False)
    return asked(create_app(settings))


def test_health_and_readiness(answers: dict[str, Any]) -> None:
    names = ("live", "ready", "model_ready", "absent_ready")
    assert [answers[name] for name in names] == [True, True, True, False]


@pytest.mark.parametrize("form", ["binary to binary", "binary to json", "json to binary", "json to json"])
def test_infer(answers: dict[str, Any], form: str) -> None:
    answer = answers["answers"][form]
    assert (answer["id"], answer["model_name"]) == ("42", "tiny")
    assert (answer["header"] is not None) == form.endswith("binary")
    assert answer["outputs"]["logits"] == pytest.approx(expected_logits(*MEANS), abs=1e-4)
    assert answer["outputs"]["probabilities"] == pytest.approx(expected_rows(*MEANS), abs=1e-5)


def test_errors_reach_the_user_as_sentences(answers: dict[str, Any]) -> None:
    assert answers["absent"]["status"] == 404
    assert answers["absent"]["text"].startswith("There is no model 'absent'; the models here: tiny,")
    assert answers["short"]["status"] == 400
    assert "the model takes [-1, 1, 2048]" in answers["short"]["text"]

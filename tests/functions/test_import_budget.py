"""The modules that each handler imports before its first request; each new one is added to the lists on purpose.

The lists are made by `python -m tests.functions.test_import_budget`: look at what it changes before you commit it.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[2]
LISTS = ROOT / "tests" / "fixtures" / "imports"
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
# Their insides are theirs; that they are loaded at all is what counts.
WHOLE = ("numpy", "onnxruntime", "anyio", "idna", "h11")
CODE = """
import json, os, sys
os.environ["PALIER_API_KEYS_REQUIRED"] = "false"
before = set(sys.modules)
import functions.{name}.handler
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(handler: str) -> list[str]:
    """Modules that a handler imports: the project's and other packages', not the standard library's."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(name=handler)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    found = [name for name in json.loads(done.stdout) if not name.startswith(("__editable__", "__mp_main__"))]
    named = {name.partition(".")[0] if name.partition(".")[0] in WHOLE else name for name in found}
    return sorted(name for name in named if name.partition(".")[0] not in sys.stdlib_module_names)


def budget(handler: str) -> Path:
    return LISTS / f"{handler}.txt"


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_imports_what_its_list_says(handler: str) -> None:
    assert imported(handler) == budget(handler).read_text().split()


@pytest.mark.parametrize("handler", HANDLERS)
def test_nothing_slow_is_on_a_list(handler: str) -> None:
    slow = ("pydantic", "boto3", "botocore", "soxr", "soundfile", "scipy", "fastapi", "functions.inference.openapi")
    assert [name for name in budget(handler).read_text().split() if name.startswith(slow)] == []


if __name__ == "__main__":
    for one in HANDLERS:
        budget(one).write_text("\n".join(imported(one)) + "\n")

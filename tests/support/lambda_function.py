"""The inference function as Lambda starts and calls it: proxy events of API Gateway's REST API, version 1."""

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from functions.core.settings import get_settings

EVENTS = Path(__file__).resolve().parents[1] / "fixtures" / "events"
MODULE = "functions.inference.handler"

Invoke = Callable[[str], dict[str, Any]]


class Context:
    """The context that Lambda passes beside the event."""

    function_name = "palier-inference"
    memory_limit_in_mb = 1769
    aws_request_id = "66da07xmpl-1795-4b2f-8d1a"


def cold_start(monkeypatch: pytest.MonkeyPatch, models_dir: Path, **variables: str) -> Invoke:
    """Start the function as a cold start does; returns how to invoke it with an event's name."""
    defaults = {"PALIER_MODELS_DIR": str(models_dir), "PALIER_DEFAULT_MODEL": "tiny"}
    for name, value in (defaults | {"PALIER_API_KEYS_REQUIRED": "false"} | variables).items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    module = importlib.import_module(MODULE)

    def invoke(name: str) -> dict[str, Any]:
        event = json.loads((EVENTS / f"{name}.json").read_text())
        answer: dict[str, Any] = module.handler(event, Context())
        return answer

    return invoke


@contextmanager
def event_loop_of_the_process() -> Iterator[None]:
    """Mangum takes the thread's event loop, and would make one that nobody closes."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)

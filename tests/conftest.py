"""Fixtures for every test: the tiny models, settings, an app and a client, the log."""

import gc
import io
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import hypothesis
import pytest
from starlette.applications import Starlette
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from functions.core.observability.telemetry import LOGGER, configure_logging
from functions.core.settings import Settings, get_settings
from functions.inference.app import create_app
from tests.support.apps import client_of
from tests.support.packages import write_packages

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "samples"

# No test is timed, and the same examples run everywhere.
hypothesis.settings.register_profile(
    "palier", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("palier")

# Tests that share what takes long to make: each group runs in one worker, those that take longest begin first.
# Whatever stands in no group stays together by file.
GROUPS = {
    "lambda": ("tests/build_scripts/local/", "tests/build_scripts/benchmarks/cold_start/"),
    "user-build": ("tests/build_scripts/recipes/test_user_build.py",),
    "cdk": ("tests/cdk/",),
    "docs": ("tests/test_docs.py",),
    "browser-looks": ("tests/browser/test_looks.py", "tests/browser/test_files.py"),
    "browser": ("tests/browser/",),
    "local-jobs": ("tests/test_local_jobs.py",),
    "image": ("tests/container_image/",),
    "bundle": ("tests/build_scripts/lambda_bundle/",),
    "packages": ("tests/build_scripts/recipes/test_shipped_packages.py",),
    "pruning": ("tests/build_scripts/pruning/",),
    "quantization": ("tests/build_scripts/quantization/", "tests/build_scripts/benchmarks/variants/"),
}

# What `make test-quick` leaves out: what starts processes, browsers or servers, trains, or meets a fault at every call.
SLOW = (
    *(path for paths in GROUPS.values() for path in paths),
    "tests/build_scripts/benchmarks/",
    "tests/build_scripts/evidence/",
    "tests/build_scripts/export/",
    "tests/build_scripts/measuring/test_outputs.py",
    "tests/build_scripts/networks/test_checkpoint.py",
    "tests/build_scripts/networks/test_head.py",
    "tests/build_scripts/networks/test_programs.py",
    "tests/build_scripts/packaging/",
    "tests/build_scripts/palier_cli/readers/",
    "tests/build_scripts/palier_cli/test_jobs.py",
    "tests/build_scripts/recipes/",
    "tests/build_scripts/test_main.py",
    "tests/build_scripts/training/",
    "tests/container_image/",
    "tests/functions/container/test_main.py",
    "tests/functions/core/assets/test_history_table.py",
    "tests/functions/core/jobs/test_state_machine.py",
    "tests/functions/dashboard/test_built.py",
    "tests/functions/inference/v2/test_kserve_client.py",
    "tests/functions/jobs/",
    "tests/functions/test_import_budget.py",
    "tests/functions/worker/",
    "tests/test_",
)

MakeSettings = Callable[..., Settings]
ReadLog = Callable[[], list[dict[str, Any]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--networks", action="store_true", help="run the long tests of networks alone: make test-networks")
    parser.addoption("--pictures", action="store_true", help="write pictures of the page's views to build/screenshots")


def pytest_configure() -> None:
    """Let servers that are started here end by Ctrl-C, also where the shell has this run in its background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are collected, nor ever again among what is kept until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the long tests of networks or all others, mark the slow ones, begin with the groups that take longest."""
    alone = config.getoption("--networks")
    others = [one for one in items if (one.get_closest_marker("networks") is not None) != alone]
    config.hook.pytest_deselected(items=others)
    items[:] = [one for one in items if one not in others]
    order = list(GROUPS)
    items.sort(key=lambda item: order.index(group) if (group := group_of(item.nodeid)) in order else len(order))
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Give each group of tests to one worker."""
    return _GroupScheduling(config, log)


class _GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    # xdist's own loadgroup changes an item's private name, which newer pytest no longer reports.
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(node_id: str) -> str:
    """The group of a test: a name of GROUPS, or the test's file."""
    path = node_id.partition("::")[0]
    return next((name for name, paths in GROUPS.items() if path.startswith(paths)), path)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number: some, as what gzip packs, are others every second, and workers compare the names."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Draw the same numbers in a test, and in what it makes for others, whatever ran before it."""
    random.seed(0)
    # Where no test of networks was collected, loading it would take longer than the tests.
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the settings or proxies of the machine, or leaves what is the process's changed for the next."""
    for name in os.environ:
        if name.startswith(("PALIER_", "AWS_")) or name.lower() in {"http_proxy", "https_proxy", "all_proxy"}:
            monkeypatch.delenv(name)
    # Made when it is first asked for, with the credentials that stand there then.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.chdir(Path.cwd())
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    logger_state = (list(LOGGER.handlers), LOGGER.propagate, LOGGER.level)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()
    LOGGER.handlers, LOGGER.propagate = list(logger_state[0]), logger_state[1]
    LOGGER.setLevel(logger_state[2])
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model packages, read-only by agreement."""
    return write_packages(tmp_path_factory.mktemp("models"))


@pytest.fixture
def own_models_dir(tmp_path: Path) -> Path:
    """The tiny model packages, to be broken."""
    return write_packages(tmp_path / "models")


@pytest.fixture
def make_settings(models_dir: Path) -> MakeSettings:
    """Make settings for the tiny models; arguments override."""

    def make(**overrides: Any) -> Settings:
        defaults: dict[str, Any] = {
            "stage": "local",
            "models_dir": models_dir,
            "default_model": "tiny",
            "api_keys_required": False,
        }
        return Settings(**(defaults | overrides))

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings(max_body_bytes=200_000, max_batch=4, max_windows=20)


@pytest.fixture
def app(settings: Settings) -> Starlette:
    return create_app(settings)


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
def read_log(monkeypatch: pytest.MonkeyPatch) -> ReadLog:
    """Configure logging as an entry point does; returns a reader of the JSON lines."""
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        configure_logging("DEBUG")
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """Real recordings; they are no part of the repository."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the sample recordings are not at {SAMPLES}")
    return SAMPLES

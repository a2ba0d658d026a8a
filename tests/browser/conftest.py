"""A real browser before the real local server; an error on the console fails the test."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.watching import WIDE, OpenPage, Watch
from tests.support.local_server import no_services
from tests.support.waiting import SECONDS

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("chromium-browser")

# A machine with other work is slow, not wrong: a limit for what hangs.
HANG_MS = 120_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(reason="there is no chromium; on Debian: apt install chromium-headless-shell")
                )


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Ended with this folder: while it runs, this thread has a running event loop, and asynchronous tests none."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=HANG_MS)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def local_server(*arguments: str) -> Iterator[tuple[str, str]]:
    """Run local_server.py on a free port; yields its address and what it announced."""
    no_services()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PALIER_")}
    command = [sys.executable, str(ROOT / "local_server.py"), "--port", "0", *arguments]
    with subprocess.Popen(
        command, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            lines = []
            while (line := process.stdout.readline()) and not line.startswith("Ctrl-C"):
                lines.append(line)
            announced = "".join(lines)
            found = re.search(r"^Palier diagnoses at (\S+)$", announced, re.MULTILINE)
            assert found, announced
            yield found[1], announced
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=SECONDS)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The shipped models, no keys."""
    with local_server() as (url, _):
        yield url


@pytest.fixture
def locked_server() -> Iterator[tuple[str, str]]:
    """A server that asks for keys, and a good one."""
    with local_server("--auth") as (url, announced):
        found = re.search(r"API key .*: (palier_\S+)$", announced, re.MULTILINE)
        assert found
        yield url, found[1]


@pytest.fixture
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    assert watching.complaints == []


@contextmanager
def opening(chromium: Browser, server: str, watch: Watch) -> Iterator[OpenPage]:
    """Opens pages that are closed at the end; violations of their policy are errors on the console."""
    contexts = []

    def open_(
        path: str = "", *, url: str | None = None, viewport: dict[str, int] | None = None, scheme: str = "light"
    ) -> Page:
        size = viewport or WIDE
        context = chromium.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="en-GB",
            timezone_id="UTC",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(HANG_MS)
        watch.follow(page)
        page.goto(f"{url or server}/dashboard{path}")
        page.locator("main h1:visible").first.wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(chromium: Browser, server: str, watch: Watch) -> Iterator[OpenPage]:
    """Open the page."""
    with opening(chromium, server, watch) as open_:
        yield open_


@pytest.fixture(scope="module")
def long_open_page(chromium: Browser, server: str) -> Iterator[Page]:
    """A page that the tests of a module use one after the other, as people do; none of them may complain."""
    watch = Watch()
    with opening(chromium, server, watch) as open_:
        yield open_()
    assert watch.complaints == []


@pytest.fixture(scope="session")
def screenshots(pytestconfig: pytest.Config) -> Path | None:
    """Where pictures of the views are written, to be looked at; None where nobody asks for them."""
    if not pytestconfig.getoption("--pictures"):
        return None
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def figures() -> Iterator[dict[str, float]]:
    """What is measured here, written to build/browser.json."""
    measured: dict[str, float] = {}
    yield measured
    path = ROOT / "build" / "browser.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(measured, indent=2) + "\n")

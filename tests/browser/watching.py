"""What the browser tests share: the watch over the console, files to drop, what a page shows."""

import base64
from typing import Protocol

from playwright.sync_api import FilePayload, Page, expect

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
VERDICT = ".verdict-class"
TIMES = "\u00d7"


class OpenPage(Protocol):
    """Opens the page: at a view, of another server, on another screen."""

    def __call__(
        self, path: str = "", *, url: str | None = None, viewport: dict[str, int] | None = None, scheme: str = "light"
    ) -> Page: ...


class Watch:
    """What the browser complains of; a test that provokes a refusal says so in `expected`."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()

    def follow(self, page: Page) -> None:
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(part in text for part in self.expected):
            self.complaints.append(f"{kind}: {text}")


def go(page: Page, view: str) -> None:
    """Go to a view by the navigation."""
    page.get_by_role("navigation", name="Views").get_by_role("link", name=view, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=view, exact=True)).to_be_visible()


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file onto the page, as from a desktop."""
    transfer = page.evaluate_handle(
        """([name, content]) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
            transfer.items.add(new File([bytes], name));
            return transfer;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})


def payload(name: str, content: bytes) -> FilePayload:
    """A file for a chooser."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def expect_class(page: Page, name: str) -> None:
    """Wait until the diagnosis is there and every chart is drawn."""
    expect(page.locator(VERDICT)).to_have_text(name)
    expect(page.locator(".results .chart canvas")).to_have_count(4)


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a list by its text."""
    page.get_by_label(label, exact=True).select_option(label=option)


def give(page: Page, label: str, value: str) -> None:
    """Write a value into a field, and leave it."""
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Enter")


def painted(page: Page) -> None:
    """Wait until the page has painted what it knows: two frames, for the first may have been begun before."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def chart_text(page: Page, title: str) -> str:
    """What a chart says to those who do not see it."""
    panel = page.locator("section.panel", has=page.get_by_role("heading", name=title, exact=True))
    text = panel.locator(".chart").get_attribute("aria-label")
    assert text
    return text


def overflowing(page: Page) -> list[str]:
    """What makes the page wider than the screen."""
    found: list[str] = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            const isWide = (one) => one.getBoundingClientRect().right > width + 0.5;
            const said = (one) => `${one.tagName}.${one.className}`;
            return [...document.querySelectorAll("main *")].filter(isWide).map(said);
        }"""
    )
    return found

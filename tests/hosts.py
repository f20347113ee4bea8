"""Pages of other sites that embed the widget, on origins of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import BrowserContext, Frame, Page, expect

from bot.server import create_app
from bot.widget import SCRIPT
from tests.browsing import listening, running
from tests.conftest import ROOT

DEMO = ROOT / "bot" / "demo_host"
OWN = "http://127.0.0.1:7860"  # as the demonstration page names Spørgetime
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
LABEL = "Spørg Folketingets arkiv"


@contextmanager
def host_pages() -> Iterator[ThreadingHTTPServer]:
    """The demonstration page on an origin of its own, with Spørgetime's address put in by `server.spoergetime`."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/") or "index.html"
            own: str = server.spoergetime  # type: ignore[attr-defined]
            text = (SCRIPT if name == "widget.js" else DEMO / name.replace("own.html", "index.html")).read_text("utf-8")
            if name == "own.html":  # serves the script itself
                text = text.replace(f"script-src {OWN}", "script-src 'self'")
                text = text.replace(f'"{OWN}/widget.js"', f'"widget.js" data-server="{OWN}/"')
            body = text.replace(OWN, own).encode()
            self.send_response(200)
            self.send_header("Content-Type", TYPES[name.rpartition(".")[2]])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


class Sites(NamedTuple):
    """Three origins: Spørgetime, a host that may embed it, and one that may not."""

    spoergetime: str
    allowed: str
    refused: str


@contextmanager
def embedding(index: Path) -> Iterator[Sites]:
    """All three served, on loopback ports."""
    with host_pages() as one, host_pages() as other, listening() as listener:
        allowed, refused = (f"http://127.0.0.1:{server.server_port}" for server in (one, other))
        for server in (one, other):
            server.spoergetime = f"http://127.0.0.1:{listener.getsockname()[1]}"  # type: ignore[attr-defined]
        with running(create_app(index, frame_ancestors=[allowed]), listener) as own:
            yield Sites(own, allowed, refused)


class Host:
    """A host page in a window of its own, with everything it asked the network for or complained about."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda message: message.type in {"error", "warning"} and self.complaints.append(message.text),
        )
        self.page.goto(url)
        self.button = self.page.get_by_role("button", name=LABEL)
        self.dialog = self.page.get_by_role("dialog", name=LABEL)
        self.widget = self.page.frame_locator("iframe")
        self.box = self.widget.get_by_label("Dit spørgsmål")

    def open(self) -> None:
        self.button.click()
        expect(self.box).to_be_focused()

    def asked(self, question: str) -> None:
        self.box.fill(question)
        self.box.press("Enter")
        expect(self.widget.locator(".st-svar > h2")).to_have_text(question)

    def until(self, condition: str) -> None:
        """Wait until an expression holds; Playwright's own way of waiting is what the page's policy forbids."""
        for _ in range(100):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"never true: {condition}")

    @property
    def frame(self) -> Frame:
        return next(frame for frame in self.page.frames if frame.url.endswith("/widget"))

    def where(self) -> str:
        """Name what has the focus: an element of the widget, of the page, or the browser itself."""
        return str(
            self.page.evaluate(
                """() => {
                  const inside = document.activeElement.shadowRoot?.activeElement;
                  return inside ? inside.id || inside.localName : document.activeElement.localName;
                }"""
            )
        )

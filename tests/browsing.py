"""A real Chromium over a real server on a loopback port, for the tests that look at pages."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bot.server import create_app
from tests.conftest import ROOT

CHROMIUM = shutil.which("chromium")
NO_CHROMIUM = "chromium is not installed (Debian: apt-get install chromium)"
AXE = Path(os.environ.get("AXE", ROOT / "var" / "npm" / "node_modules" / "axe-core" / "axe.min.js"))
_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def serving(index: Path) -> Iterator[str]:
    """A server on a free loopback port, with its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(index), log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


def opened(browser: Browser, width: int = 1280, scheme: str = "light", height: int = 800) -> BrowserContext:
    """A fresh Danish browser window."""
    size = {"width": width, "height": height}
    return browser.new_context(viewport=size, color_scheme=scheme, locale="da-DK")  # type: ignore[arg-type]


def ask(page: Page, question: str) -> None:
    """Write a question and send it."""
    page.get_by_label("Dit spørgsmål").fill(question)
    page.get_by_role("button", name="Spørg", exact=True).click()

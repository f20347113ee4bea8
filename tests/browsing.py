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
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from bot.server import create_app
from tests.conftest import ROOT

CHROMIUM = shutil.which("chromium")
marks = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"),
]
QUESTION = "Hvor lang er ventetiden i specialtandplejen?"
NONSENSE = "xylofonkvark zqzq brontosauruspludder"
AXE = Path(os.environ.get("AXE", ROOT / "var" / "npm" / "node_modules" / "axe-core" / "axe.min.js"))
expect.set_options(timeout=20_000)  # milliseconds; a machine that is busy is slow
_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def serving(index: Path, **options: Any) -> Iterator[str]:
    """A server on a free loopback port, with its address."""
    with listening() as listener, running(create_app(index, **options), listener) as url:
        yield url


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A free loopback port, whose number can be told before anything is served there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


@contextmanager
def running(app: FastAPI, listener: socket.socket) -> Iterator[str]:
    """An application that is served, with its address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
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


def focus_by_tab(page: Page, wanted: Locator) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("Tab does not reach it")


class Visit:
    """A page, and everything it asked the network for or complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))

    def ask(self, question: str) -> None:
        ask(self.page, question)

    def asked(self, question: str) -> None:
        self.ask(question)
        expect(self.page.locator(".st-svar > h2")).to_have_text(question)

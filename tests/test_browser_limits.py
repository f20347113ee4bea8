"""What a reader sees in a real browser when the server has enough to do."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from bot.archive import Archive
from bot.limits import AT_ONCE
from bot.operation import Operation
from bot.server import create_app

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"),
]
QUESTION = "Hvor lang er ventetiden i specialtandplejen?"


class Held(Archive):
    """An archive whose searches end only when they are let go."""

    free = threading.Event()

    def ask(self, *arguments: Any, **named: Any) -> Any:
        self.free.wait(300)
        return super().ask(*arguments, **named)


def test_a_full_queue_and_a_used_up_rate(examples_index: Path) -> None:
    """Each is told in Danish where it happens; when there is room again, the question still in the box is answered."""
    app = create_app(examples_index, archive=Held(examples_index), operation=Operation(queue=1, rate=60, seconds=300))
    with socket.socket() as listener, sync_playwright() as playwright:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        pages = [browser.new_page() for _ in range(AT_ONCE + 2)]
        for page in pages:
            page.goto(address)
            page.get_by_label("Dit spørgsmål").wait_for()
        for page in pages:
            page.get_by_label("Dit spørgsmål").fill(QUESTION)
            page.get_by_role("button", name="Spørg", exact=True).click()
            page.wait_for_timeout(500)
        told = pages[-1].locator(".toast-wrap")
        expect(told).to_contain_text("Der er mange, der spørger lige nu. Prøv igen om lidt.")
        expect(told).not_to_contain_text("Error")
        assert QUESTION == pages[-1].get_by_label("Dit spørgsmål").input_value()
        Held.free.set()
        expect(pages[0].locator(".st-kort").first).to_be_visible(timeout=20_000)
        pages[-1].get_by_role("button", name="Spørg", exact=True).click()
        expect(pages[-1].locator(".st-kort").first).to_be_visible(timeout=20_000)
        pages[1].get_by_label("Dit spørgsmål").fill(QUESTION)
        pages[1].evaluate(
            """async () => {
              const asked = Array.from({length: 80}, () => fetch("api/search", {method: "POST", body: "{}"}));
              await Promise.all(asked);
              document.querySelector("#st-send").click();
            }"""
        )
        expect(pages[1].locator(".toast-wrap")).to_contain_text("Der er kommet mange forespørgsler fra din computer")
        browser.close()
        server.should_exit = True
        thread.join(10)

"""What a reader sees in a real browser when the server has enough to do."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from bot.archive import Archive
from bot.limits import AT_ONCE
from bot.operation import Operation
from tests.browsing import QUESTION, ask, marks, serving

pytestmark = marks


class Held(Archive):
    """An archive whose searches end only when they are let go."""

    free = threading.Event()

    def ask(self, *arguments: Any, **named: Any) -> Any:
        self.free.wait(300)
        return super().ask(*arguments, **named)


def test_a_full_queue_and_a_used_up_rate(browser: Browser, examples_index: Path) -> None:
    """Each is told in Danish where it happens; when there is room again, the question still in the box is answered.

    Who waits hears of it in Danish alone.
    """
    operation = Operation(queue=1, rate=60, seconds=300)
    with serving(examples_index, archive=Held(examples_index), operation=operation) as address:
        pages = [browser.new_page() for _ in range(AT_ONCE + 2)]
        for page in pages:
            page.goto(address)
            page.get_by_label("Dit spørgsmål").wait_for()
        for page in pages:
            with page.expect_response("**/queue/join*"):
                ask(page, QUESTION)
            page.wait_for_timeout(500)
        for waiting in pages[0], pages[AT_ONCE]:
            heard = waiting.locator("body").aria_snapshot()
            assert "Søger …" in heard
            assert not re.search(r"processing|queue", heard)
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

"""Accessibility by axe-core, and Danish to the last word, in every state that a reader meets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.archive import Archive
from tests.browsing import AXE, NONSENSE, QUESTION, ask, marks, opened, serving

pytestmark = [
    *marks,
    pytest.mark.skipif(
        not AXE.is_file() and not os.environ.get("CI"),
        reason="axe-core is not installed (npm install --no-save --prefix var/npm axe-core)",
    ),
]
SCHEMES = ("light", "dark")
CHAT = ("empty", "typing", "waiting", "answer", "no answer", "error")
SOURCE = ("whole", "passage", "picture", "superseded", "refused")


@pytest.fixture(scope="module")
def address(examples_index: Path) -> Iterator[str]:
    with serving(examples_index) as url:
        yield url


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", CHAT)
def test_the_chat_page(browser: Browser, address: str, state: str, scheme: str) -> None:
    """No violation of WCAG 2.1 A and AA, headings in order, one title, and no English word, in any of its states."""
    context = opened(browser, scheme=scheme)
    page = context.new_page()
    chat_in(page, address, state)
    page.evaluate("document.querySelectorAll('#st-samtale details').forEach(one => { one.open = true })")
    _sound(page, "Spørgetime")
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", SOURCE)
def test_the_source_page(browser: Browser, address: str, examples_index: Path, state: str, scheme: str) -> None:
    """The same holds of the source page, without scripts, and of the page that says that there is no document."""
    context = opened(browser, scheme=scheme)
    page = context.new_page()
    page.goto(address + source_path(Archive(examples_index), state))
    if state == "picture":
        page.locator(".sider img").scroll_into_view_if_needed()
    _sound(page, "Siden findes ikke – Spørgetime" if state == "refused" else r".+ – Spørgetime")
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", ["empty", "typing", "answer", "no answer"])
def test_the_widget(browser: Browser, address: str, state: str, scheme: str) -> None:
    """The same holds of the slim page that other sites embed."""
    context = opened(browser, width=380, scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/widget")
    if state != "empty":
        page.get_by_role("textbox").first.fill(NONSENSE if state == "no answer" else QUESTION)
    if state.endswith("answer"):
        page.get_by_role("button", name="Spørg", exact=True).click()
        expect(page.locator("main, body").first).to_contain_text(_SAID[state])
    _sound(page, ".*Spørgetime.*")
    context.close()


def test_the_checks_find_what_is_wrong(browser: Browser) -> None:
    """A picture without words, a skipped heading, an English button and pale text are each found."""
    page = browser.new_page()
    good = "<!doctype html><html lang=da><title>Prøve</title><body><main><h1>Prøve</h1>{}</main>"
    page.set_content(good.format("<p>Alt er vel.</p>"))
    _sound(page, "Prøve")
    for bad in ("<img src=x>", "<h3>Tre</h3>", "<button>Submit</button>", "<p style='color:#bbb'>Bleg</p>"):
        page.set_content(good.format(bad))
        with pytest.raises(AssertionError):
            _sound(page, "Prøve")
    page.close()


def chat_in(page: Page, address: str, state: str) -> None:
    """Bring the chat page into one of its states."""
    page.goto(address)
    box = page.get_by_label("Dit spørgsmål")
    box.wait_for()
    expect(page.locator(".st-eksempel").first).to_be_visible()
    if state == "typing":
        box.fill(QUESTION)
    elif state == "waiting":
        page.route("**/queue/data*", lambda route: None)  # never answered
        ask(page, QUESTION)
        expect(page.locator(".st-soeger")).to_be_visible()
        page.wait_for_timeout(500)
    elif state == "error":
        ask(page, "   ")
        expect(page.locator("#st-besked")).to_contain_text("Skriv et spørgsmål først.")
    elif state.endswith("answer"):
        ask(page, NONSENSE if state == "no answer" else QUESTION)
        expect(page.locator("#st-samtale .st-svar")).to_contain_text(_SAID[state])


def source_path(archive: Archive, state: str) -> str:
    """Give the address of a source page in one of its states."""
    if state == "refused":
        return "/kilde/0000000000000000"
    searcher = archive.searcher()
    assert searcher is not None
    names = {"picture": "svar-buu-141-skolemad.pdf", "superseded": "svar-mof-112-marsvin-foreloebigt.txt"}
    row = searcher.store.find(names.get(state, "svar-s1204-tandpleje.txt"))[0]
    document, places = searcher.store.document(row), searcher.store.places_of(row)
    start, end = places[len(places) // 2]
    place = f"?start={start}&end={end}" + ("" if state == "superseded" else "#uddrag")
    return f"/kilde/{document.id}" + ("" if state == "whole" else place)


def _sound(page: Page, title: str) -> None:
    """Hold everything that is promised of a page in any state."""
    expect(page).to_have_title(re.compile(f"^{title}$"))
    expect(page.locator("html")).to_have_attribute("lang", "da")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    assert found["passes"], "axe looked at nothing"
    assert [] == [_told(one) for one in found["violations"]]
    levels = page.evaluate(_HEADINGS)
    assert [1] == levels[:1] and 1 == levels.count(1)
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert [] == [text for text in page.evaluate(_TEXTS) if _ENGLISH.search(text)]


def _told(violation: dict[str, Any]) -> str:
    where = "; ".join(f"{node['html'][:160]} {node['failureSummary'][:200]}" for node in violation["nodes"][:4])
    return f"{violation['id']}: {where}"


_SAID = {"answer": "uger", "no answer": "Jeg fandt ikke noget sikkert svar."}
_HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  .filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))"""
# What is seen or spoken, but not what documents say.
_TEXTS = """() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const {parentElement: one, data} = walk.currentNode;
    if (!one.closest('script, style, noscript, template, .st-tekst, .dokument') && one.checkVisibility())
      found.push(data);
  }
  for (const one of document.querySelectorAll('*')) {
    for (const name of ['aria-label', 'aria-description', 'aria-roledescription', 'title', 'alt', 'placeholder'])
      if (one.hasAttribute(name) && one.checkVisibility()) found.push(one.getAttribute(name));
  }
  return found.map(text => text.trim()).filter(Boolean);
}"""
# What Gradio and browsers are known to leave; none of these is a Danish word.
_ENGLISH = re.compile(
    r"\b(?:error|warning|loading|submit|clear|share|copy|copied|upload|download|built with|use via|settings|stop|retry|"
    r"undo|close|dismiss|toggle|select|selected|options?|remove|delete|search|expand|collapse|fullscreen|textbox|button|"
    r"chatbot|checkbox|queue|processing|message|the|and|your|you|please|try again|connection|lost|empty|value|reset|"
    r"show|hide|next|previous|page|click|here|drop|file|dropdown|input|output|help|from|with|of|not|is|are)\b",
    re.IGNORECASE,
)

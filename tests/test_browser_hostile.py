"""Hostile documents in a real browser: what they say is shown, and nothing of it happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.archive import Archive
from index.build import build
from index.encoder import Encoder
from tests.browsing import ask, marks, opened, serving
from tests.hostile import ATTACKS, EVIL, write_attacks

pytestmark = marks
WORDS = [*ATTACKS, "talerangreb"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """An index of nothing but attacks, all of which were taken in."""
    folder = tmp_path_factory.mktemp("hostile")
    write_attacks(folder / "documents")
    report = build([folder / "documents"], folder / "index", encoder)
    assert ([], len(WORDS)) == (list(report.quarantined), report.documents)
    return folder / "index"


@pytest.fixture(scope="module")
def address(index: Path) -> Iterator[str]:
    with serving(index) as url:
        yield url


class Watched:
    """A page in which whatever an attack would do leaves a trace."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self._address = page, address
        self.foreign: list[str] = []
        self.happened: list[str] = []
        page.on("request", self._requested)
        page.on("dialog", self._dialog)
        page.on("popup", lambda popup: self.happened.append(f"popup {popup.url}"))
        page.on("download", lambda download: self.happened.append(f"download {download.url}"))
        page.on("pageerror", lambda error: self.happened.append(f"error {error}"))

    def _requested(self, request: object) -> None:
        url = str(request.url)  # type: ignore[attr-defined]
        if not url.startswith((self._address, "data:", "blob:")) or EVIL in url:
            self.foreign.append(url)

    def _dialog(self, dialog: object) -> None:
        self.happened.append("dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    def unharmed(self, inside: str, title: str) -> None:
        """Hold that nothing ran, was fetched, appeared, covers the page or leads away."""
        page = self.page
        page.wait_for_timeout(300)  # for what runs late
        assert ([], []) == (self.foreign, self.happened)
        assert page.evaluate("window.ramt === undefined && document.documentElement.ramt === undefined")
        assert page.url.startswith(self._address)
        assert page.title().endswith(title)
        assert [] == page.locator(f"{inside} :is({_FORBIDDEN})").evaluate_all("all => all.map(one => one.outerHTML)")
        assert [] == page.evaluate(_STRANGE, [inside, self._address])
        assert [] == page.evaluate(_COVERED, inside)


@pytest.fixture(params=[(1280, "light"), (320, "dark")], ids=str)
def watched(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Watched]:
    context = opened(browser, *request.param)
    yield Watched(context.new_page(), address)
    context.close()


def test_the_chat_shows_attacks_as_text(watched: Watched, address: str) -> None:
    """Nothing runs, nothing is fetched from elsewhere, nothing covers the page, and no field to write in appears."""
    page = watched.page
    page.goto(address)
    for word in WORDS:
        ask(page, f"Hvad er {word}?")
        expect(page.locator("#st-samtale .st-svar > h2")).to_have_text(f"Hvad er {word}?")
        page.evaluate("document.querySelectorAll('#st-samtale details').forEach(one => { one.open = true })")
        expect(page.locator(".st-svar .st-tekst").first).to_contain_text(word, ignore_case=True)
        watched.unharmed("#st-samtale", "Spørgetime")
        assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_the_widget_shows_attacks_as_text(watched: Watched, address: str) -> None:
    """The same holds of the slim page that other sites embed."""
    page = watched.page
    page.goto(f"{address}/widget")
    for word in WORDS:
        ask(page, f"Hvad er {word}?")
        expect(page.locator("#st-samtale .st-svar > h2")).to_have_text(f"Hvad er {word}?")
        page.evaluate("document.querySelectorAll('#st-samtale details').forEach(one => { one.open = true })")
        expect(page.locator(".st-svar .st-tekst").first).to_contain_text(word, ignore_case=True)
        watched.unharmed("#st-samtale", "Spørgetime")
        assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_the_source_page_shows_attacks_as_text(watched: Watched, address: str, index: Path) -> None:
    """The same holds of the page that shows the whole document, with all its fields and the passage marked."""
    archive, page = Archive(index), watched.page
    for word in WORDS:
        hit = archive.ask(f"Hvad er {word}?").hits[0]
        page.goto(f"{address}/kilde/{hit.passage.document}?start={hit.passage.start}&end={hit.passage.end}#uddrag")
        assert word in " ".join(page.locator("main").all_inner_texts()).lower()
        expect(page.locator("mark").first).to_be_visible()
        watched.unharmed("main", " – Spørgetime")
        assert 0 == page.locator("form, input, textarea, select, button, script, iframe, style").count()
        assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_what_is_hidden_is_not_shown_turned(browser: Browser, address: str, index: Path) -> None:
    """Direction marks and invisible characters of a document are in no page's text, title or attribute."""
    document = Archive(index).ask("Hvad er vendeangreb?").hits[0].passage.document
    context = opened(browser)
    page = context.new_page()
    page.goto(f"{address}/kilde/{document}")
    html = page.content()
    assert "Betalt000.1 kr." in html.replace("&nbsp;", " ")
    assert not [hex(ord(c)) for c in html if c in _INVISIBLE]
    context.close()


_FORBIDDEN = (
    "script, style, link, meta, base, form, input:not([data-own]), textarea, select, iframe, object, embed, svg, math, "
    "video, audio, picture, dialog, [popover], [style*=fixed], [srcdoc], [background], [autofocus], [contenteditable]"
)
_INVISIBLE = set("\x00\x07\x1b\x7f\xad\u061c\ufeff\u2028\u2029") | {
    chr(code) for low, high in ((0x200B, 0x2010), (0x202A, 0x202F), (0x2066, 0x206A)) for code in range(low, high)
}
# Elements inside the text that have a handler, lead elsewhere than to the archive, or load something of their own.
_STRANGE = """([inside, home]) => [...document.querySelectorAll(inside + ' *')].filter(one =>
  [...one.attributes].some(({name}) => name.startsWith('on')) ||
  (one.href && !one.href.startsWith(home + '/kilde/') && !one.href.startsWith('blob:' + home)) ||
  (one.src && !one.src.startsWith(home + '/kilde/'))).map(one => one.outerHTML.slice(0, 200))"""
# Wherever the reader looks, what is there is where it belongs: nothing of the text lies over the page's own elements.
_COVERED = """inside => {
  const wrong = [], text = document.querySelector(inside);
  if (getComputedStyle(document.body).display === 'none') wrong.push('the page is gone');
  for (const one of text.querySelectorAll('*')) {
    const own = one.matches('.st-kilde');  // in the widget it stays in view
    if (!own && ['fixed', 'sticky'].includes(getComputedStyle(one).position)) wrong.push(one.outerHTML.slice(0, 99));
  }
  for (const own of document.querySelectorAll('.bjaelke .hjem, #st-send, #st-boks textarea, #send, #boks')) {
    own.scrollIntoView({block: 'center'});
    const {left, top, width, height} = own.getBoundingClientRect();
    const met = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!(met && (own.contains(met) || met.contains(own)) && !text.contains(met)))
      wrong.push('covered: ' + (met && met.outerHTML.slice(0, 99)));
  }
  return wrong;
}"""

"""The pages in a real browser: what a reader sees, can reach by keyboard, and is never exposed to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from bot.login import _DOUBLED, _FORGED
from bot.shell import _SENTENCES
from index.build import build
from index.encoder import Encoder
from tests.browsing import NONSENSE, QUESTION, Visit, marks, opened, serving
from tests.conftest import EXAMPLES

pytestmark = marks

HOSTILE = (
    "Kvasibær er <script>document.title='ramt'</script> <img src='https://evil.example/a.png' onerror=\"document.title="
    "'ramt'\"> <form action='https://evil.example'><input type=password></form> "
    "<div style='position:fixed;inset:0;z-index:9'>Log ind igen</div> ![x](https://evil.example/b.png) "
    "${document.title='ramt'} {{constructor.constructor('document.title=1')()}} <style>@import 'https://evil.example'"
    "</style> <a href='javascript:alert(1)'>klik</a> sunde."
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    """The examples and one hostile document, served."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "hostile").mkdir()
    (folder / "hostile" / "kvasi.txt").write_text(HOSTILE, encoding="utf-8")
    build([EXAMPLES, folder / "hostile"], folder / "index", encoder)
    with serving(folder / "index") as url:
        yield url


@pytest.fixture
def visit(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The chat page; a parameter gives the window's width and the colour scheme."""
    context = opened(browser, *getattr(request, "param", ()))
    visit = Visit(context.new_page())
    visit.page.goto(address)
    visit.page.get_by_label("Dit spørgsmål").wait_for()
    yield visit
    context.close()


def test_the_page_introduces_itself(visit: Visit) -> None:
    """Title, heading, label and language are Danish, and stay so when Gradio has started."""
    expect(visit.page).to_have_title("Spørgetime")
    expect(visit.page.get_by_role("heading", name="Spørgetime")).to_be_visible()
    expect(visit.page.get_by_text("ordrette uddrag")).to_be_visible()
    expect(visit.page.locator("html")).to_have_attribute("lang", "da")
    assert 0 == visit.page.locator("footer").filter(visible=True).count()


def test_an_answer_is_quoted_marked_and_cited(visit: Visit) -> None:
    """Each card holds a passage with one marked sentence, its file, and a link that opens it in a new tab."""
    visit.asked(QUESTION)
    cards = visit.page.locator(".st-svar .st-kort")
    assert 1 <= cards.count() <= 5
    first = cards.first
    assert first.locator("mark").inner_text() in first.locator("blockquote").inner_text()
    expect(first.locator(".st-fil")).to_contain_text("svar-s1204-tandpleje.txt")
    link = first.get_by_role("link", name="Åbn kilden")
    assert ("_blank", "noopener") == (link.get_attribute("target"), link.get_attribute("rel"))
    with visit.page.context.expect_page() as opened:
        link.click()
    mark = opened.value.locator("#uddrag")
    expect(mark).to_be_in_viewport()
    words = " ".join(first.locator("blockquote").inner_text().split())
    assert words == " ".join(" ".join(opened.value.locator("mark").all_inner_texts()).split())


def test_a_conversation_keeps_what_was_asked(visit: Visit) -> None:
    """The newest answer stands on top, earlier ones can be opened again, and all can be cleared.

    A question that is put again is answered again.
    """
    visit.asked(QUESTION)
    visit.asked("Hvad koster skolemad?")
    earlier = visit.page.locator(".st-tidligere > details")
    expect(earlier).to_have_count(1)
    expect(earlier.locator(".st-kort").first).to_be_hidden()
    earlier.get_by_text(QUESTION, exact=True).click()
    expect(earlier.locator(".st-kort").first).to_be_visible()
    visit.ask("Hvad koster skolemad?")
    expect(earlier).to_have_count(2)
    clear = visit.page.get_by_role("button", name="Ryd samtalen")
    clear.click()
    expect(visit.page.locator(".st-kort")).to_have_count(0)
    expect(clear).to_be_hidden()
    visit.asked("Hvad koster skolemad?")
    expect(earlier).to_have_count(0)


def test_no_sure_answer(visit: Visit) -> None:
    """It is said plainly, and the nearest passages are folded away."""
    visit.asked(NONSENSE)
    expect(visit.page.get_by_text("Jeg fandt ikke noget sikkert svar.").last).to_be_visible()
    expect(visit.page.locator(".st-svar .st-kort").first).to_be_hidden()
    visit.page.locator(".st-naermest > summary").click()
    expect(visit.page.locator(".st-svar .st-kort").first).to_be_visible()


@pytest.mark.parametrize(
    ("question", "sentence"), [("   ", "Skriv et spørgsmål først."), ("a b " * 300, "må højst være på 1.000")]
)
def test_what_cannot_be_asked(visit: Visit, question: str, sentence: str) -> None:
    """An empty or over-long question gets a friendly sentence, and what was written stays in the box."""
    visit.ask(question)
    expect(visit.page.locator("#st-besked")).to_contain_text(sentence)
    assert question == visit.page.get_by_label("Dit spørgsmål").input_value()


def test_filters(visit: Visit) -> None:
    """A kind limits the answer; a date that is none is said to be none."""
    visit.page.get_by_text("Afgræns søgningen").click()
    visit.page.get_by_label("Pressemeddelelse").check()
    visit.asked("Hvad får naboer til vindmøller?")
    badges = visit.page.locator(".st-svar .st-maerke").all_inner_texts()
    assert {"Pressemeddelelse"} == set(badges)
    visit.page.get_by_label("Fra dato").fill("engang")
    visit.ask(QUESTION)
    expect(visit.page.locator("#st-besked")).to_contain_text("Jeg forstår ikke datoen")


def test_an_example_question_asks_itself(visit: Visit) -> None:
    """The examples offered are questions, and a click answers."""
    example = visit.page.locator(".st-eksempel").first
    expect(example).to_be_visible()
    question = example.inner_text()
    assert question.endswith("?")
    example.click()
    expect(visit.page.locator(".st-svar > h2")).to_have_text(question)
    expect(visit.page.locator(".st-svar .st-kort").first).to_be_visible()


def test_by_keyboard_alone(visit: Visit) -> None:
    """The box has the focus, Enter asks, and Tab reaches the first source with a visible outline."""
    expect(visit.page.get_by_label("Dit spørgsmål")).to_be_focused()
    visit.page.keyboard.type(QUESTION)
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".st-kort").first).to_be_visible()
    for _ in range(20):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.matches('.st-kort a')"):
            break
    link = visit.page.locator(".st-kort a").first
    expect(link).to_be_focused()
    assert "none" != link.evaluate("element => getComputedStyle(element).outlineStyle")


def test_what_is_said_reaches_a_screen_reader(visit: Visit) -> None:
    """The message is a live region from the start, and says how much was found."""
    status = visit.page.locator("#st-besked [role=status]")
    expect(status).to_have_attribute("aria-live", "polite")
    visit.asked(QUESTION)
    expect(status).to_contain_text("Jeg fandt")


@pytest.mark.parametrize("visit", [(320, "light"), (320, "dark"), (1280, "dark")], indirect=True)
def test_nothing_scrolls_sideways(visit: Visit, address: str) -> None:
    """From a narrow phone to a desktop, in light and dark, text wraps."""
    page = visit.page
    page.get_by_text("Afgræns søgningen").click()
    visit.asked(QUESTION)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert 0 == page.evaluate(wide)
    page.goto(f"{address}/{page.locator('.st-kort a').first.get_attribute('href')}")
    assert 0 == page.evaluate(wide)


@pytest.mark.parametrize("visit", [(1280, "light"), (1280, "dark")], indirect=True)
def test_text_is_readable(visit: Visit) -> None:
    """In light and dark, the passage, its mark and the muted text stand out from what lies behind (WCAG AA)."""
    visit.asked(QUESTION)
    for selector in (".st-tekst", ".st-tekst mark", ".st-fil", ".st-kilde a", ".st-maerke", ".st-hoved p", "#st-send"):
        ratio = visit.page.locator(selector).first.evaluate(_CONTRAST)
        assert ratio >= 4.5, f"{selector}: {ratio:.2f}"


def test_nothing_is_fetched_from_elsewhere(visit: Visit, address: str) -> None:
    """Page, answer and source ask our own server alone, and nothing fails in the browser."""
    visit.asked(QUESTION)
    visit.page.goto(f"{address}/{visit.page.locator('.st-kort a').first.get_attribute('href')}")
    foreign = [url for url in visit.requests if not url.startswith((address, "data:", "blob:"))]
    assert ([], []) == (foreign, visit.errors)
    assert not [url for url in visit.requests if "/upload" in url or "/file" in url]


def test_a_hostile_document_is_only_text(visit: Visit, address: str) -> None:
    """Scripts, forms, overlays, images, templates and Markdown in a document are shown as the characters they are."""
    visit.asked("Hvad er kvasibær?")
    page = visit.page
    if page.locator(".st-svar > details").count():
        page.locator(".st-svar > details > summary").click()
    expect(page.locator(".st-svar .st-tekst").first).to_contain_text("<script>document.title='ramt'</script>")
    inside = "#st-samtale :is(script, img, form, input, style, iframe, blockquote div, blockquote a)"
    assert 0 == page.locator(inside).count()
    link = page.locator(".st-kort a").first.get_attribute("href")
    page.goto(f"{address}/{link}")
    expect(page.locator("mark").first).to_contain_text("<script>")
    assert 0 == page.locator("main article :is(script, img, form, input, style, iframe, a)").count()
    assert not [url for url in visit.requests if "evil" in url]
    assert "ramt" not in page.title()


def test_when_too_many_ask(visit: Visit) -> None:
    """A full queue is told in Danish."""
    visit.page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "Queue is full."}))
    visit.ask(QUESTION)
    expect(visit.page.locator(".toast-wrap")).to_contain_text("Der er mange, der spørger lige nu. Prøv igen om lidt.")
    expect(visit.page.locator(".toast-wrap")).not_to_contain_text("Error")


def test_a_lost_connection(visit: Visit) -> None:
    """It is told in Danish; when the server is there again, so is the page, with the question and the filters."""
    page, joining, there = visit.page, "**/queue/join*", "**/gradio_api/app_id*"
    page.route(joining, lambda route: route.abort())
    page.route(there, lambda route: route.abort())
    page.get_by_text("Afgræns søgningen").click()
    page.get_by_label("Fra dato").fill("2001")
    visit.ask("Hvad")
    expect(page.locator(".toast-wrap")).to_contain_text("Forbindelsen til serveren er afbrudt.")
    expect(page.locator(".toast-wrap")).not_to_contain_text("Connection")
    expect(page.locator("#st-besked")).not_to_contain_text("Søger")
    page.get_by_label("Dit spørgsmål").fill(QUESTION)  # meanwhile
    page.unroute(joining)
    with page.expect_event("load"):
        page.unroute(there)
    expect(page.locator("#st-kvittering")).to_contain_text("er der igen")
    expect(page.get_by_label("Dit spørgsmål")).to_have_value(QUESTION)
    expect(page.get_by_label("Fra dato")).to_have_value("2001")
    page.get_by_role("button", name="Spørg", exact=True).click()
    expect(page.locator(".st-svar > h2")).to_have_text(QUESTION)
    page.reload()
    expect(page.get_by_label("Dit spørgsmål")).to_have_value("")


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 502, "content_type": "text/html", "body": "<html><h1>502 Bad Gateway på serveren</h1></html>"},
        {"status": 504, "content_type": "text/html", "body": ""},
        {"status": 500, "json": {"error": None}},
        {"status": 500, "json": {"detail": "Internal Server Error"}},
    ],
)
def test_a_failure_is_told_in_danish(visit: Visit, reply: Any) -> None:
    """Whatever a proxy, Gradio or the browser says of it; the next question is answered."""
    visit.page.route("**/queue/join*", lambda route: route.fulfill(**reply))
    visit.ask(QUESTION)
    expect(visit.page.get_by_test_id("toast-text")).to_have_text("Der gik noget galt. Prøv igen om lidt.")
    expect(visit.page.locator("#st-besked")).not_to_contain_text("Søger")
    visit.page.unroute_all()
    visit.asked(QUESTION)


def test_a_refusal_is_told_as_it_is(visit: Visit) -> None:
    """Each sentence of the server's own reaches the reader, word for word."""
    replies: list[dict[str, Any]] = []
    visit.page.route("**/queue/join*", lambda route: route.fulfill(**replies.pop()))
    for status, sentence in [*_SENTENCES.items(), (403, _FORGED), (403, _DOUBLED)]:
        replies.append({"status": status, "json": {"error": sentence, "detail": sentence}})
        visit.ask(QUESTION)
        expect(visit.page.get_by_test_id("toast-text").last).to_have_text(sentence)


_CONTRAST = """element => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [.2126, .7152, .0722][n], 0);
  let behind = element, colour;
  while ((colour = parse(getComputedStyle(behind).backgroundColor)).length === 4 && colour[3] === 0)
    behind = behind.parentElement;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(colour)].sort((x, y) => y - x);
  return (a + .05) / (b + .05);
}"""

"""What the chat page offers beside answers, in a real browser: references, reasons, links, files, filters, verdicts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.feedback import Feedback
from tests.browsing import NONSENSE, QUESTION, Visit, focus_by_tab, marks, opened, serving

pytestmark = marks
PRESS = "Hvad får naboer til vindmøller?"
PUBLIC = "https://arkiv.example"


@pytest.fixture(scope="module")
def address(examples_index: Path) -> Iterator[str]:
    with serving(examples_index, address=PUBLIC) as url:
        yield url


def visited(browser: Browser, address: str, width: int = 1280, *permissions: str) -> Visit:
    context = opened(browser, width)
    context.grant_permissions(list(permissions))
    visit = Visit(context.new_page())
    visit.page.goto(address)
    visit.page.get_by_label("Dit spørgsmål").wait_for()
    return visit


@pytest.fixture
def visit(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The chat page, in a browser that lets it write to the clipboard."""
    visit = visited(browser, address, getattr(request, "param", 1280), "clipboard-read", "clipboard-write")
    yield visit
    assert [] == visit.errors
    visit.page.context.close()


def receipt(page: Page) -> Locator:
    return page.locator("#st-kvittering[role=status]")


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_reference_is_copied_by_keyboard(visit: Visit) -> None:
    """Tab and Enter open the forms and copy one; what is copied is shown, and said."""
    page = visit.page
    visit.asked(PRESS)
    card = page.locator(".st-kort").first
    focus_by_tab(page, card.locator(".st-henvis > summary"))
    page.keyboard.press("Enter")
    focus_by_tab(page, card.get_by_role("button", name="APA 7"))
    page.keyboard.press("Enter")
    expect(receipt(page)).to_have_text("Henvisningen er kopieret: APA 7.")
    shown = card.locator("pre:visible")
    expect(shown).to_have_count(1)
    assert shown.inner_text() == clipboard(page)
    assert re.search(
        rf"\(2025, 18\. september\).*\[Pressemeddelelse, .*{PUBLIC}/kilde/\w{{16}}\?start=\d+", clipboard(page)
    )
    card.get_by_role("button", name="CSL-JSON").click()
    expect(receipt(page)).to_contain_text("CSL-JSON")
    assert {"date-parts": [[2025, 9, 18]]} == json.loads(clipboard(page))[0]["issued"]
    expect(card.locator("pre:visible")).to_have_count(1)


def test_a_reference_without_a_clipboard(browser: Browser, address: str) -> None:
    """Where the browser refuses, the text is shown and selected, and that is said."""
    visit = visited(browser, address)
    page = visit.page
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false")
    visit.asked(PRESS)
    page.locator(".st-henvis > summary").first.click()
    page.get_by_role("button", name="BibTeX").first.click()
    expect(receipt(page)).to_contain_text("Teksten er markeret")
    shown = page.locator(".st-kort pre:visible")
    assert shown.inner_text().startswith("@misc{spoergetime-")
    assert shown.inner_text().split() == str(page.evaluate("getSelection().toString()")).split()
    page.context.close()


def test_why_an_answer_is_there(visit: Visit) -> None:
    """The words that matched, what the legs gave and a table whose parts add up to its sum."""
    visit.asked("Hvor længe skal man vente på at få bøjle på tænderne?")
    card = visit.page.locator(".st-kort").first
    reasons = card.locator(".st-hvorfor > div")
    expect(reasons).to_be_hidden()
    card.get_by_text("Hvorfor dette svar?").click()
    expect(reasons).to_contain_text(re.compile(r"Ord fra spørgsmålet i uddraget: .*vente"))
    expect(reasons).to_contain_text("tandregulering (for bøjle)")
    expect(reasons).to_contain_text("Søgningen efter ord gav 0,")
    points = [float(text.replace("−", "-").replace(",", ".")) for text in reasons.locator("td").all_inner_texts()]
    assert points[-1] == pytest.approx(sum(points[:-1]), abs=0.05)


@pytest.mark.parametrize(
    ("question", "words"),
    [(PRESS, "Sikkert."), (QUESTION, "Rimelig sikkert.")],
)
def test_confidence_in_words(visit: Visit, question: str, words: str) -> None:
    """How sure an answer is stands above it in words, and is heard; where there is none, nothing says so."""
    visit.asked(question)
    expect(visit.page.locator(".st-svar .st-sikkerhed")).to_have_text(re.compile(f"^{words}"))
    expect(visit.page.locator("#st-besked [role=status]")).to_contain_text(re.compile(words))
    visit.asked(NONSENSE)
    expect(visit.page.locator(".st-svar .st-sikkerhed")).to_have_count(0)


def test_a_link_to_a_question(visit: Visit, address: str) -> None:
    """A copied link asks the same with the same filters, in a new window; no address that is asked for holds it."""
    page = visit.page
    page.get_by_text("Afgræns søgningen").click()
    page.get_by_label("Pressemeddelelse").check()
    page.get_by_label("Fra dato").fill("2025")
    visit.asked(PRESS)
    page.get_by_role("button", name="Kopiér link til spørgsmålet").click()
    expect(receipt(page)).to_have_text("Linket til spørgsmålet er kopieret.")
    link = clipboard(page)
    assert link.startswith(f"{address}/#q=Hvad%20f")
    other = Visit(page.context.new_page())
    other.page.goto(link)
    expect(other.page.locator(".st-svar > h2")).to_have_text(PRESS)
    expect(other.page.get_by_text("Afgrænset til: Pressemeddelelse, fra 1. januar 2025.")).to_be_visible()
    expect(other.page.get_by_label("Pressemeddelelse")).to_be_checked()
    expect(other.page.locator("#st-filtre summary")).to_contain_text("2 valgt")
    assert f"{address}/" == other.page.url
    assert not [url for url in other.requests if "vindm" in url and "#" not in url]
    other.page.evaluate("location.hash = 'q=Hvad koster skolemad%3F'")
    expect(other.page.locator(".st-svar > h2")).to_have_text("Hvad koster skolemad?")
    expect(other.page.get_by_label("Alle")).to_be_checked()


def test_a_conversation_is_saved(visit: Visit) -> None:
    """Both files hold every question with its passages and citations, and are made without an upload or a file link."""
    page = visit.page
    visit.asked(PRESS)
    visit.asked("Hvad koster skolemad?")
    saved = {}
    for name in ("Gem som Markdown", "Gem som JSON"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        saved[download.value.suggested_filename] = Path(download.value.path()).read_text(encoding="utf-8")
    expect(receipt(page)).to_have_text("Samtalen er gemt som spoergetime.json.")
    conversation = json.loads(saved["spoergetime.json"])["conversation"]
    assert [PRESS, "Hvad koster skolemad?"] == [turn["searched"] for turn in conversation]
    for turn in conversation:
        assert f"## {turn['searched']}" in saved["spoergetime.md"]
        for hit in turn["hits"]:
            assert hit["csl"]["URL"].startswith(f"{PUBLIC}/kilde/{hit['document']['id']}")
            assert hit["csl"]["URL"] in saved["spoergetime.md"]
    assert not [url for url in visit.requests if "/file" in url or "/upload" in url]


def test_filters_by_keyboard(visit: Visit) -> None:
    """The fields are reached by Tab, the kinds are one group with arrow keys, values are offered, and Enter asks."""
    page = visit.page
    summary = page.locator("#st-filtre > summary")
    focus_by_tab(page, summary)
    page.keyboard.press("Enter")
    group = page.get_by_role("group", name="Dokumenttype")
    focus_by_tab(page, group.get_by_label("Alle"))
    page.keyboard.press("ArrowDown")
    expect(group.get_by_label("§ 20-svar")).to_be_checked()
    minister = page.get_by_role("combobox", name="Minister", exact=True)
    offered = page.locator(f"#{minister.get_attribute('list')} option")
    assert "Bertel Ravnkilde" in [option.get_attribute("value") for option in offered.all()]
    page.get_by_label("Dit spørgsmål").fill(QUESTION)
    minister.focus()
    page.keyboard.type("Bertel Ravnkilde")
    page.keyboard.press("Escape")  # closes what is offered
    expect(summary).to_contain_text("2 valgt")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Afgrænset til: § 20-svar, minister Bertel Ravnkilde.")).to_be_visible()
    assert {"Svar fra: Bertel Ravnkilde"} == {
        re.sub(r"^.*· |, .*$", "", text) for text in page.locator(".st-svar .st-folk").all_inner_texts()
    }
    page.get_by_role("button", name="Fjern afgrænsningen").click()
    expect(group.get_by_label("Alle")).to_be_checked()
    expect(minister).to_have_value("")
    expect(summary).to_be_focused()
    expect(summary).to_have_text("Afgræns søgningen")


def test_searching_is_seen_and_heard(visit: Visit) -> None:
    """While an answer is awaited that is said; it is no longer said when there is one, or when the queue is full.

    What is written meanwhile stays.
    """
    status = visit.page.locator("#st-besked [role=status]")
    held = []
    visit.page.route("**/queue/join*", lambda route: held.append(route))
    visit.ask(QUESTION)
    expect(status).to_have_text("Søger …")
    expect(visit.page.locator(".st-soeger")).to_be_visible()
    box = visit.page.get_by_label("Dit spørgsmål")
    box.fill("Hvad koster")
    while not held:
        visit.page.wait_for_timeout(20)
    held.pop().continue_()
    expect(status).to_contain_text("Jeg fandt")
    expect(box).to_have_value("Hvad koster")
    visit.page.unroute_all()
    visit.page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "Queue is full."}))
    visit.ask(QUESTION)
    expect(visit.page.locator(".toast-wrap")).to_contain_text("Prøv igen om lidt.")
    expect(status).not_to_contain_text("Søger")
    visit.errors.clear()  # the browser tells of the 503


def test_verdicts(browser: Browser, examples_index: Path, tmp_path: Path) -> None:
    """Where the operator asked for them, they are one key away, and what is pressed is seen, heard and kept."""
    file = tmp_path / "feedback.jsonl"
    with serving(examples_index, feedback=Feedback(file, questions=True)) as address:
        visit = visited(browser, address)
        page = visit.page
        visit.asked(PRESS)
        yes = page.get_by_role("button", name=re.compile("^Hjalp for ")).first
        focus_by_tab(page, yes)
        page.keyboard.press("Enter")
        expect(receipt(page)).to_have_text("Tak, din vurdering er gemt.")
        expect(yes).to_have_attribute("aria-pressed", "true")
        kept = json.loads(file.read_text(encoding="utf-8"))
        assert (PRESS, True) == (kept["question"], kept["useful"])
        page.route("**/api/feedback", lambda route: route.abort())
        page.get_by_role("button", name=re.compile("^Hjalp ikke ")).first.click()
        expect(receipt(page)).to_have_text("Din vurdering kunne ikke gemmes.")
        page.unroute_all()
        page.route("**/api/feedback", lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"))
        expect(receipt(page)).to_have_text("")
        page.get_by_role("button", name=re.compile("^Hjalp ikke ")).first.click()
        expect(receipt(page)).to_have_text("Din vurdering kunne ikke gemmes.")
        expect(yes).to_have_attribute("aria-pressed", "true")
        visit.asked(QUESTION)
        expect(yes).to_have_attribute("aria-pressed", "false")  # of the new answer
        page.locator(".st-tidligere summary", has_text=PRESS).click()
        kept = page.locator(".st-tidligere").get_by_role("button", name=re.compile("^Hjalp for ")).first
        expect(kept).to_have_attribute("aria-pressed", "true")
        page.context.close()


def test_no_verdicts_unless_asked_for(visit: Visit) -> None:
    """By default there is no such button, and the server refuses what one would send."""
    visit.asked(PRESS)
    expect(visit.page.locator(".st-henvis").first).to_be_visible()
    expect(visit.page.get_by_text(re.compile("^Hjalp"))).to_have_count(0)


@pytest.mark.parametrize(("visit", "size"), [(320, 100), (1280, 200)], indirect=["visit"])
def test_everything_open_fits(visit: Visit, size: int) -> None:
    """On a narrow phone, and with text at twice its size, nothing has to be scrolled sideways, whatever is open."""
    page = visit.page
    page.add_style_tag(content=f"html {{ font-size: {size}% !important; }}")
    page.get_by_text("Afgræns søgningen").click()
    visit.asked(PRESS)
    for summary in page.locator(".st-kort summary").all():
        summary.click()
    for form in ("APA 7", "BibTeX", "CSL-JSON"):
        page.get_by_role("button", name=form).first.click()
        assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    for cut in page.locator("#st-samtale :is(pre, table, li, button)").all():
        assert cut.evaluate("element => element.scrollWidth - element.clientWidth") <= 1

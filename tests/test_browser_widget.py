"""The widget in a real browser, on the page of another site: what a reader does and sees."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import NONSENSE, QUESTION, marks
from tests.hosts import Host, Sites

pytestmark = marks


def test_an_answer_on_another_site(host: Host) -> None:
    """Under the host's strict policy a click opens the chat, an answer has its sources, and nobody complains."""
    host.open()
    host.asked(QUESTION)
    cards = host.widget.locator(".st-kort")
    assert 1 <= cards.count() <= 3
    for number in range(cards.count()):
        expect(cards.nth(number).get_by_role("link", name="Åbn kilden")).to_be_visible()
        expect(cards.nth(number).locator(".st-fil")).to_be_visible()
    expect(host.widget.locator(".st-fil").first).to_contain_text("svar-s1204-tandpleje.txt")
    expect(host.widget.get_by_role("status")).to_contain_text("Jeg fandt")
    assert [] == host.complaints


def test_the_source_of_what_is_read_is_in_view(host: Host) -> None:
    """As soon as a passage is shown, so is the line that says where it stands, however long the passage is."""
    host.open()
    host.asked(QUESTION)
    expect(host.widget.locator(".st-kilde").first).to_be_in_viewport(ratio=0.9)


def test_by_keyboard_alone(host: Host) -> None:
    """Tab reaches the button, Enter opens, typing asks, Escape closes, and the focus is back where it was."""
    for _ in range(5):
        host.page.keyboard.press("Tab")
        if host.where() == "open":
            break
    expect(host.button).to_be_focused()
    host.page.keyboard.press("Enter")
    expect(host.box).to_be_focused()
    host.page.keyboard.type(QUESTION)
    host.page.keyboard.press("Enter")
    expect(host.widget.locator(".st-kort").first).to_be_visible()
    expect(host.box).to_be_focused()
    for _ in range(10):
        host.page.keyboard.press("Tab")
        if host.frame.evaluate("document.activeElement.matches('.st-kort a')"):
            break
    expect(host.widget.get_by_role("link", name="Åbn kilden").first).to_be_focused()
    host.page.keyboard.press("Escape")
    expect(host.dialog).to_be_hidden()
    expect(host.button).to_be_focused()
    host.page.keyboard.press("Enter")
    expect(host.box).to_be_focused()
    expect(host.widget.locator(".st-kort").first).to_be_visible()


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_the_focus_stays_in_the_dialog(host: Host, key: str) -> None:
    """Forwards and backwards, Tab goes round dialog and frame (and the browser's own bar), never to the host page."""
    host.open()
    met = []
    for _ in range(20):
        host.page.keyboard.press(key)
        met.append(host.where())
    assert {"close", "iframe"} <= set(met) <= {"close", "iframe", "body"}
    assert 2 <= met.count("close")


def test_closing_returns_the_focus(host: Host) -> None:
    """The close button and a click beside the dialog do what Escape does."""
    host.open()
    host.dialog.get_by_role("button", name="Luk").click()
    expect(host.dialog).to_be_hidden()
    expect(host.button).to_be_focused()
    host.open()
    host.page.mouse.click(20, 300)
    expect(host.dialog).to_be_hidden()
    expect(host.button).to_be_focused()


def test_follow_up_and_no_answer(host: Host) -> None:
    """Earlier answers are folded below the newest one; no answer and no question are said in Danish."""
    host.open()
    host.asked("Hvor lang er ventetiden i omsorgstandplejen?")
    host.box.fill("Og hvad med børn?")
    host.widget.get_by_role("button", name="Spørg", exact=True).click()
    expect(host.widget.locator(".st-tidligere summary")).to_have_text("Hvor lang er ventetiden i omsorgstandplejen?")
    expect(host.widget.locator(".st-svar > h2")).to_contain_text("omsorgstandplejen")
    expect(host.widget.locator(".st-tidligere .st-kort").first).to_be_hidden()
    host.asked(NONSENSE)
    expect(host.widget.locator(".st-tidligere summary").first).to_contain_text("hvad med børn")
    expect(host.widget.locator(".st-svar .st-intet")).to_contain_text("Jeg fandt ikke noget sikkert svar.")
    host.box.fill("   ")
    host.box.press("Enter")
    expect(host.widget.get_by_role("status")).to_have_text("Skriv et spørgsmål først.")


def test_an_example_asks_itself(host: Host) -> None:
    """A click on an example answers it, and the examples make room."""
    host.open()
    example = host.widget.locator("#eksempler button").first
    question = example.inner_text()
    example.click()
    expect(host.widget.locator(".st-svar > h2")).to_have_text(question)
    expect(host.widget.locator("#eksempler")).to_have_count(0)


def test_waiting_and_failing_are_said(host: Host) -> None:
    """The search is announced; a lost connection and a server's refusal are told in Danish, the question kept."""
    host.open()
    held: list[object] = []
    host.page.route("**/widget", lambda route: held.append(route))
    host.box.fill(QUESTION)
    host.box.press("Enter")
    status = host.widget.get_by_role("status")
    expect(status).to_have_text("Søger …")
    host.box.press("Enter")  # asks once, however often it is pressed
    assert 1 == len(held)
    held.pop().abort()  # type: ignore[attr-defined]
    expect(status).to_contain_text("Forbindelsen til serveren er afbrudt. Prøv igen om lidt.")
    host.page.unroute_all()
    assert QUESTION == host.box.input_value()
    host.box.fill("æ" * 4000)
    host.box.press("Enter")
    expect(status).to_have_text("Forespørgslen er for stor. Den må højst fylde 16 KiB.")
    assert 4000 == len(host.box.input_value())


def test_theme_and_accent_follow_the_host(host: Host) -> None:
    """The host's colour dresses button and frame, with text that can be read on it; both follow while it is open."""
    host.open()
    host.asked(QUESTION)  # so that the first greeting has surely been heard
    colours = "button => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]"
    assert ["rgb(11, 92, 74)", "rgb(255, 255, 255)"] == host.button.evaluate(colours)
    send = host.widget.locator("#send")
    assert ["rgb(11, 92, 74)", "rgb(255, 255, 255)"] == send.evaluate(colours)
    host.page.evaluate("Object.assign(document.querySelector('script[src]').dataset, {accent: 'gold', theme: 'dark'})")
    expect(send).to_have_css("background-color", "rgb(255, 215, 0)")
    expect(send).to_have_css("color", "rgb(0, 0, 0)")
    expect(host.button).to_have_css("color", "rgb(0, 0, 0)")
    expect(host.widget.locator("body")).to_have_css("background-color", "rgb(21, 24, 27)")
    left = "dialog => dialog.getBoundingClientRect().left"
    assert 640 < host.dialog.evaluate(left)
    host.page.evaluate("document.querySelector('script[src]').dataset.position = 'left'")
    host.until("document.querySelector('spoergetime-widget').dataset.position === 'left'")
    assert 640 > host.dialog.evaluate(left)


def test_the_dialog_is_as_high_as_what_it_holds(host: Host) -> None:
    """It grows with the answer, and stays within the window."""
    host.open()
    height = "dialog => dialog.offsetHeight"
    host.page.wait_for_timeout(200)
    before = host.dialog.evaluate(height)
    inner = host.frame.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert inner[0] == inner[1]
    host.asked(QUESTION)
    host.page.wait_for_timeout(200)
    after = host.dialog.evaluate(height)
    assert before < after <= 800


@pytest.mark.parametrize("host", [(320, "light"), (320, "dark"), (1280, "dark")], indirect=True)
def test_it_fits_the_window(host: Host) -> None:
    """From a narrow phone to a desktop, in light and dark, dialog and page stay within the window's width."""
    host.open()
    host.asked(QUESTION)
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert [0, 0] == [host.page.evaluate(wide), host.frame.evaluate(wide)]
    width = host.page.viewport_size["width"]  # type: ignore[index]
    left, right = host.dialog.evaluate("d => [d.getBoundingClientRect().left, d.getBoundingClientRect().right]")
    assert 0 <= left and right <= width


def test_it_works_without_its_script(browser: Browser, sites: Sites) -> None:
    """Where no script runs, the slim page is a form that answers."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{sites.spoergetime}/widget")
    page.get_by_label("Dit spørgsmål").fill(QUESTION)
    page.get_by_role("button", name="Spørg", exact=True).click()
    expect(page.locator(".st-svar > h2")).to_have_text(QUESTION)
    expect(page.locator(".st-kort").first).to_be_visible()
    context.close()

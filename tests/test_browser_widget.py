"""The widget in a real browser, on host pages of other origins: one that may embed it and one that may not."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect, sync_playwright

from bot.server import create_app
from bot.widget import SCRIPT
from tests.conftest import ROOT

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"),
]
QUESTION = "Hvor lang er ventetiden i specialtandplejen?"
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


@pytest.fixture(scope="module")
def sites(examples_index: Path) -> Iterator[Sites]:
    """All three served, on loopback ports."""
    with host_pages() as one, host_pages() as other, socket.socket() as listener:
        allowed, refused = (f"http://127.0.0.1:{server.server_port}" for server in (one, other))
        listener.bind(("127.0.0.1", 0))
        own = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for server in (one, other):
            server.spoergetime = own  # type: ignore[attr-defined]
        app = create_app(examples_index, frame_ancestors=[allowed])
        served = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not served.started:
            time.sleep(0.02)
        yield Sites(own, allowed, refused)
        served.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


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


@pytest.fixture
def host(browser: Browser, sites: Sites, request: pytest.FixtureRequest) -> Iterator[Host]:
    """The host page that may embed; a parameter gives the window's width and the colour scheme."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="da-DK")
    yield Host(context, sites.allowed)
    context.close()


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


def test_a_refused_site_shows_nothing(browser: Browser, sites: Sites) -> None:
    """On a page that may not embed it no chat appears; a sentence offers the page itself, and it can be closed."""
    context = browser.new_context(locale="da-DK")
    host = Host(context, sites.refused)
    host.button.click()
    expect(host.dialog.get_by_text("Spørgetime kan ikke vises her.")).to_be_visible(timeout=12_000)
    expect(host.dialog.get_by_role("link")).to_have_attribute("href", f"{sites.spoergetime}/")
    assert any("frame-ancestors" in text for text in host.complaints)
    assert not [frame for frame in host.page.frames if frame.url.startswith(sites.spoergetime)]
    host.page.keyboard.press("Escape")
    expect(host.dialog).to_be_hidden()
    assert "open" == host.where()
    context.close()


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


def test_nothing_is_asked_before_it_is_opened(host: Host, sites: Sites) -> None:
    """The script alone is loaded before; afterwards the widget asks its own server and nobody else."""
    expect(host.button).to_be_visible()
    own = [url for url in host.requests if not url.startswith(sites.allowed)]
    assert [f"{sites.spoergetime}/widget.js"] == own
    host.open()
    host.asked(QUESTION)
    assert [] == [url for url in host.requests if not url.startswith((sites.allowed, sites.spoergetime))]
    assert not [url for url in host.requests if "ventetid" in url]


def test_a_site_may_serve_the_script_itself(browser: Browser, sites: Sites) -> None:
    """With `data-server`, a policy of `script-src 'self'` is enough; the frame still comes from Spørgetime."""
    context = browser.new_context(locale="da-DK")
    host = Host(context, f"{sites.allowed}/own.html")
    host.open()
    host.asked(QUESTION)
    assert f"{sites.spoergetime}/widget" == host.frame.url
    assert f"{sites.spoergetime}/widget.js" not in host.requests
    assert [] == host.complaints
    context.close()


def test_the_frame_is_sandboxed_and_named(host: Host) -> None:
    """It can run, keep its origin, send forms and open sources in a new tab; it can neither move the host nor more."""
    host.open()
    frame = host.page.locator("iframe")
    allowed = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox"
    assert allowed == frame.get_attribute("sandbox")
    assert ("Spørgetime", "da") == (frame.get_attribute("title"), frame.get_attribute("lang"))
    host.frame.evaluate("() => { try { top.location = 'about:blank' } catch {} }")
    expect(host.button).to_be_attached()


def test_a_source_opens_in_a_new_tab(host: Host, sites: Sites) -> None:
    """By itself the link opens the source page with its mark, outside the sandbox."""
    host.open()
    host.asked(QUESTION)
    with host.page.context.expect_page() as opened:
        host.widget.get_by_role("link", name="Åbn kilden").first.click()
    expect(opened.value.locator("#uddrag")).to_be_in_viewport()
    assert opened.value.url.startswith(f"{sites.spoergetime}/kilde/")


def test_the_host_may_open_sources_itself(host: Host, sites: Sites) -> None:
    """With `data-sources="host"` it is told the address instead; unless it takes over, the tab opens all the same."""
    host.page.evaluate(
        """() => {
          const script = document.querySelector("script[src]");
          script.dataset.sources = "host";
          addEventListener("spoergetime:source", (event) => {
            window.told = event.detail.url;
            if (window.takes) event.preventDefault();
          });
        }"""
    )
    host.open()
    host.asked(QUESTION)
    link = host.widget.get_by_role("link", name="Åbn kilden").first
    host.page.evaluate("window.takes = true")
    link.click()
    host.until("window.told")
    assert host.page.evaluate("window.told").startswith(f"{sites.spoergetime}/kilde/")
    assert 1 == len(host.page.context.pages)
    host.page.evaluate("window.takes = false")
    with host.page.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("#uddrag")).to_be_attached()


def test_follow_up_and_no_answer(host: Host) -> None:
    """Earlier answers are folded below the newest one; no answer and no question are said in Danish."""
    host.open()
    host.asked("Hvor lang er ventetiden i omsorgstandplejen?")
    host.box.fill("Og hvad med børn?")
    host.widget.get_by_role("button", name="Spørg", exact=True).click()
    expect(host.widget.locator(".st-tidligere summary")).to_have_text("Hvor lang er ventetiden i omsorgstandplejen?")
    expect(host.widget.locator(".st-svar > h2")).to_contain_text("omsorgstandplejen")
    expect(host.widget.locator(".st-tidligere .st-kort").first).to_be_hidden()
    host.asked("xylofonkvark zqzq brontosauruspludder")
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


_FORGED = """([data, origin, other]) => {
  const frame = document.querySelector("spoergetime-widget").shadowRoot.querySelector("iframe");
  dispatchEvent(new MessageEvent("message", { data, origin, source: other ? window : frame.contentWindow }));
}"""


def test_the_host_listens_to_the_frame_alone(host: Host, sites: Sites) -> None:
    """Another origin, another window, another version or an unknown type changes nothing; the frame's own does."""
    host.open()
    close = {"spoergetime": 1, "type": "close"}
    for data, origin in (
        (close, sites.refused),
        (close, "null"),
        (close, f"{sites.spoergetime}.example"),
        ({**close, "spoergetime": 2}, sites.spoergetime),
        ({**close, "type": "constructor"}, sites.spoergetime),
        (None, sites.spoergetime),
    ):
        host.page.evaluate(_FORGED, [data, origin])
    host.page.evaluate(_FORGED, [close, sites.spoergetime, True])
    host.page.evaluate("data => postMessage(data, location.origin)", close)
    host.page.wait_for_timeout(200)
    expect(host.dialog).to_be_visible()
    assert [] == host.complaints
    source = {"spoergetime": 1, "type": "source", "url": "https://evil.example/kilde/1"}
    host.page.evaluate(_FORGED, [source, sites.spoergetime])
    assert 1 == len(host.page.context.pages)
    host.page.evaluate(_FORGED, [close, sites.spoergetime])
    expect(host.dialog).to_be_hidden()


def test_the_frame_listens_to_allowed_hosts_alone(host: Host, sites: Sites) -> None:
    """A message counts only from the framing window, of an origin that may embed, in the version that is spoken."""
    host.open()
    forge = """([data, origin, source]) =>
      dispatchEvent(new MessageEvent("message", { data, origin, source: source === "parent" ? parent : window }))"""
    theme = {"spoergetime": 1, "type": "theme", "theme": "dark"}
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    for data, origin, source in (
        (theme, sites.refused, "parent"),
        (theme, sites.spoergetime, "parent"),
        (theme, sites.allowed, "self"),
        ({**theme, "spoergetime": "1"}, sites.allowed, "parent"),
        ({**theme, "theme": "neon"}, sites.allowed, "parent"),
    ):
        host.frame.evaluate(forge, [data, origin, source])
        assert "light dark" == host.frame.evaluate(scheme)
    host.frame.evaluate(forge, [theme, sites.allowed, "parent"])
    assert "dark" == host.frame.evaluate(scheme)


def test_a_frame_tells_nothing_to_who_has_not_spoken(browser: Browser, sites: Sites) -> None:
    """In a plain frame, without the script, the chat works and sends no message to anybody."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(sites.allowed)
    page.evaluate(
        """address => {
          window.heard = [];
          addEventListener("message", (event) => heard.push(event.data));
          document.body.append(Object.assign(document.createElement("iframe"), { src: address, height: 600 }));
        }""",
        f"{sites.spoergetime}/widget#theme=dark&accent=%23ffdd00",
    )
    frame = page.frame_locator("iframe").last
    frame.get_by_label("Dit spørgsmål").fill(QUESTION)
    frame.get_by_role("button", name="Spørg", exact=True).click()
    expect(frame.locator(".st-kort").first).to_be_visible()
    assert "rgb(0, 0, 0)" == frame.locator("#send").evaluate("button => getComputedStyle(button).color")
    frame.get_by_label("Dit spørgsmål").press("Escape")
    assert [] == page.evaluate("heard")
    context.close()


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

"""The widget and the site around it, in a real browser: who may embed it, and what passes between them."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browsing import QUESTION, marks
from tests.hosts import Host, Sites

pytestmark = marks


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

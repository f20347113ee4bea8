"""The widget over HTTP: who may embed it, what its page and script are, and that its page works by itself."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.archive import Archive
from bot.cli import app
from bot.origins import host_names, origins
from bot.server import create_app
from bot.widget import SCRIPT, Asked, widget_page
from corpus.errors import UsageError
from tests.conftest import ROOT

LOCAL = "http://127.0.0.1"
INTRANET, OTHER = "https://intranet.example", "http://nyt.example:8080"
QUESTION = "Hvor lang er ventetiden i specialtandplejen?"
HTML = {"Accept": "text/html", "Origin": LOCAL}
DEMO = ROOT / "bot" / "demo_host"


@pytest.fixture(scope="module")
def client(examples_index: Path) -> Iterator[TestClient]:
    """A server that two other origins may embed."""
    with TestClient(create_app(examples_index, frame_ancestors=[INTRANET, OTHER]), base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="module")
def unembedded(examples_index: Path) -> Iterator[TestClient]:
    """A server that nobody may embed."""
    with TestClient(create_app(examples_index), base_url=LOCAL) as client:
        yield client


def ancestors(client: TestClient, path: str) -> tuple[str, str | None]:
    """Who may frame a page, by the newer header and by the older one."""
    headers = client.get(path).headers
    found = re.findall(r"frame-ancestors ([^;]*)", headers["content-security-policy"])
    assert 1 == len(found)
    return found[0], headers.get("x-frame-options")


class Hidden(HTMLParser):
    """The values of a page's hidden fields, and the text of its answer's headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.previous: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        if tag == "input" and fields.get("name") == "previous":
            self.previous.append(fields["value"] or "")


# Who may embed


def test_exactly_the_named_origins_may_embed_the_widget(client: TestClient) -> None:
    """They, in full, are the page's ancestors; the older header, which cannot name them, is not sent."""
    assert (f"{INTRANET} {OTHER}", None) == ancestors(client, "/widget")


def test_nobody_may_embed_without_being_named(unembedded: TestClient) -> None:
    """Both headers refuse everybody."""
    assert ("'none'", "DENY") == ancestors(unembedded, "/widget")


@pytest.mark.parametrize("path", ["/", "/kilde/nej", "/stil/chat.css", "/widget.js", "/widget/", "/api/openapi.json"])
def test_nothing_else_can_be_embedded(client: TestClient, path: str) -> None:
    """Chat, source pages and all the rest stay with our own origin, whoever may embed the widget."""
    assert ("'self'", "SAMEORIGIN") == ancestors(client, path)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://intranet.example", "https://intranet.example"),
        ("https://Intranet.Example", "https://intranet.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://intranet", "http://intranet"),
    ],
)
def test_origins_are_written_as_browsers_send_them(given: str, sent: str) -> None:
    """What is compared with a browser's word has the browser's form."""
    assert (sent,) == origins([given, given])


@pytest.mark.parametrize(
    "given",
    [
        "*",
        "https://*.example",
        "intranet.example",
        "https://intranet.example/",
        "https://intranet.example:443",
        "https://intranet.example/side",
        "https://bruger@intranet.example",
        "https://intranet.example:port",
        "https://intranet.example; script-src *",
        "https://intranet.example https://anden.example",
        "https://intranet.example\n",
        "https://rådhus.example",
        "https://-.example",
        "https://[::1]",
        "ftp://intranet.example",
        "null",
        "'self'",
        "",
    ],
)
def test_what_is_no_origin_is_refused_in_one_line(examples_index: Path, given: str) -> None:
    """Before anything is served: a wildcard, a path, a second directive, or what no browser would send."""
    with pytest.raises(UsageError, match="--allow-embed") as raised:
        create_app(examples_index, frame_ancestors=[given])
    assert "\n" not in str(raised.value)


def test_host_names_are_names() -> None:
    """A name or an address is taken, an origin or a wildcard is refused."""
    assert ("arkiv.example", "10.0.0.5", "fe80::1") == host_names(["Arkiv.Example", "10.0.0.5", "[fe80::1]"])
    for given in ("https://arkiv.example", "*.example", "arkiv.example:80", ""):
        with pytest.raises(UsageError, match="--allow-host"):
            host_names([given])


def test_the_command_line_takes_several(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`--allow-embed` and `--allow-host` may be repeated, or stand in the environment with blanks between them."""
    from typer.testing import CliRunner

    served: list[tuple[list[str], list[str]]] = []
    monkeypatch.setattr(
        "bot.server.serve",
        lambda *_, hosts, frame_ancestors, **__: served.append((list(hosts), list(frame_ancestors))),
    )
    run = CliRunner().invoke
    options = [
        "--allow-embed",
        INTRANET,
        "--allow-embed",
        OTHER,
        "--allow-host",
        "a.example",
        "--allow-host",
        "b.example",
    ]
    environment = {"SPOERGETIME_ALLOW_EMBED": f"{INTRANET} {OTHER}", "SPOERGETIME_ALLOW_HOST": "a.example b.example"}
    assert 0 == run(app, ["serve", "--index", str(tmp_path), *options]).exit_code
    assert 0 == run(app, ["serve", "--index", str(tmp_path)], env=environment).exit_code
    assert 0 == run(app, ["serve", "--index", str(tmp_path)]).exit_code
    named = ["a.example", "b.example"], [INTRANET, OTHER]
    assert [named, named, ([], [])] == served


# The script


def test_the_script_is_small_and_may_be_loaded_by_its_hash(client: TestClient) -> None:
    """Under 15 kB, JavaScript, readable across origins so that its hash can be checked, by GET alone."""
    response = client.get("/widget.js", headers={"Origin": INTRANET})
    assert SCRIPT.read_bytes() == response.content
    assert 15_000 > len(response.content)
    assert response.headers["content-type"].startswith("text/javascript")
    assert "*" == response.headers["access-control-allow-origin"]
    assert "cross-origin" == response.headers["cross-origin-resource-policy"]
    assert 405 == client.post("/widget.js").status_code
    assert "access-control-allow-origin" not in client.get("/widget", headers={"Origin": INTRANET}).headers


@pytest.mark.parametrize("place", [ROOT / "docs" / "widget.md", DEMO / "index.html"], ids=lambda path: path.name)
def test_the_hash_that_is_told_is_the_script_s(place: Path) -> None:
    """Documentation and demonstration name the hash of the script as it is now."""
    integrity = "sha384-" + base64.b64encode(hashlib.sha384(SCRIPT.read_bytes()).digest()).decode()
    assert {integrity} == set(re.findall(r"sha384-[\w+/=]{64}", place.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["widget.js", "ramme.js", "fold.js"])
def test_scripts_need_no_leave_from_a_policy(name: str) -> None:
    """No text is made code or markup, no style attribute is written, and no other host is named."""
    script = (SCRIPT.parent / name).read_text(encoding="utf-8")
    for sink in (
        "eval",
        "Function(",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "cssText",
        "http",
    ):
        assert sink not in script, sink
    assert not re.search(r"setAttribute\(\s*\"style\"|postMessage\([^)]*\"\*\"", script)


def test_the_documentation_names_what_the_script_reads() -> None:
    """Every attribute, style variable and type of message of the scripts stands in docs/widget.md, and no other."""
    text = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
    loader, framed = ((SCRIPT.parent / name).read_text(encoding="utf-8") for name in ("widget.js", "ramme.js"))
    attributes = {f"data-{name}" for name in re.findall(r"options\.(\w+)", loader)}
    assert attributes == set(re.findall(r"`(data-\w+)`", text))
    assert set(re.findall(r"--spoergetime-\w+", loader)) == set(re.findall(r"--spoergetime-\w+", text))
    types = {*re.findall(r"send\(\"(\w+)\"", loader + framed)}
    assert types == set(re.findall(r"^\| `(\w+)` \| (?:the host|the frame) ", text, re.MULTILINE))


# The slim page


def test_the_page_is_danish_and_strict(client: TestClient) -> None:
    """Own title and language, own files alone, and a policy under which nothing inline runs."""
    response = client.get("/widget")
    assert '<html lang="da"' in response.text
    assert "<title>Spørgetime</title>" in response.text
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="(stil/[^"]+)"', response.text)
    assert loaded and all(200 == client.get(f"/{name}").status_code for name in loaded)
    assert not re.search(r"<script>|style=|\son\w+=", response.text)
    assert "text/javascript" in client.get("/stil/ramme.js").headers["content-type"]


def test_the_page_knows_whom_its_script_hears(client: TestClient, unembedded: TestClient) -> None:
    """The origins that may embed it are those that its script takes messages from."""
    assert f'data-origins="{INTRANET} {OTHER}"' in unescape(client.get("/widget").text)
    assert 'data-origins=""' in unembedded.get("/widget").text


def test_a_question_is_answered_without_a_script(client: TestClient) -> None:
    """The form's answer is the page with cards, each with its source; the questions go along to the next one."""
    response = client.post("/widget", data={"question": QUESTION}, headers=HTML)
    assert 200 == response.status_code
    page = unescape(response.text)
    assert 1 <= page.count('<li class="st-kort">') <= 3
    assert page.count('<li class="st-kort">') == page.count("Åbn kilden")
    assert "svar-s1204-tandpleje.txt" in page
    assert [QUESTION] == Hidden(response.text).previous
    assert "Jeg fandt" in page


def test_a_follow_up_is_understood(client: TestClient) -> None:
    """It goes on from the questions that the page carried along."""
    first = client.post("/widget", data={"question": "Hvor lang er ventetiden i omsorgstandplejen?"}, headers=HTML)
    carried = Hidden(first.text).previous
    answer = client.post("/widget", data={"question": "Og hvad med børn?", "previous": carried}, headers=HTML)
    heading = re.findall(r"<h2>(.*?)</h2>", unescape(answer.text))[0]
    assert "ventetiden" in heading.lower() or "omsorgstandplejen" in heading.lower()
    alone = client.post("/widget", data={"question": "Og hvad med børn?"}, headers=HTML)
    assert "Og hvad med børn?" == re.findall(r"<h2>(.*?)</h2>", unescape(alone.text))[0]


def test_what_is_carried_always_fits(client: TestClient) -> None:
    """However long the questions of a conversation are, the next one can be sent: the oldest are let go."""
    long = "æ" * 900
    carried = Hidden(client.post("/widget", data={"question": long}, headers=HTML).text).previous
    for _ in range(4):
        response = client.post("/widget", data={"question": long, "previous": carried}, headers=HTML)
        assert 200 == response.status_code
        carried = Hidden(response.text).previous
    assert 1 <= len(carried) <= 5


@pytest.mark.parametrize(
    ("question", "sentence"), [("  ", "Skriv et spørgsmål først."), ("a b " * 300, "må højst være på 1.000")]
)
def test_what_cannot_be_asked(client: TestClient, question: str, sentence: str) -> None:
    """It is said in a sentence, and what was written stays in the box."""
    response = client.post("/widget", data={"question": question}, headers=HTML)
    assert 422 == response.status_code
    page = unescape(response.text)
    assert sentence in page
    assert question.strip() in page


def test_no_answer_and_no_index(client: TestClient, tmp_path: Path) -> None:
    """Both are said plainly."""
    page = client.post("/widget", data={"question": "xylofonkvark zqzq brontosauruspludder"}, headers=HTML).text
    assert "Jeg fandt ikke noget sikkert svar." in unescape(page)
    with TestClient(create_app(tmp_path / "index"), base_url=LOCAL) as empty:
        response = empty.post("/widget", data={"question": QUESTION}, headers=HTML)
        assert (503, True) == (response.status_code, "ikke klar" in unescape(response.text))
        assert 200 == empty.get("/widget").status_code


def test_other_sites_cannot_ask(client: TestClient) -> None:
    """A page that may embed the widget may still not ask in its place, and is told so on a page in Danish."""
    for origin in (INTRANET, "null", "https://evil.example"):
        response = client.post("/widget", data={"question": QUESTION}, headers={**HTML, "Origin": origin})
        assert (403, True) == (response.status_code, 'lang="da"' in response.text)
    large = client.post("/widget", data={"question": "a" * 17_000}, headers=HTML)
    assert (413, True) == (large.status_code, "16 KiB" in unescape(large.text))
    assert client.put("/widget").status_code in {404, 405}


def test_what_readers_and_documents_write_stays_text() -> None:
    """A question is shown, never obeyed: in the box, in the fields that carry it, and as a suggestion."""
    wild = '"><script>alert(1)</script>\u202e'
    page = widget_page(Asked((wild,), wild), suggested=[wild])
    assert "<script>alert" not in page
    assert [wild.replace("\u202e", "")] == Hidden(page).previous


def test_a_failure_tells_nothing(examples_index: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is a Danish page, and neither it nor the log holds a word of the question."""
    archive = Archive(examples_index)
    with TestClient(create_app(examples_index, archive=archive), base_url=LOCAL) as client:
        archive.ask = lambda *_, **__: 1 / 0  # type: ignore[method-assign, assignment, return-value]
        response = client.post("/widget", data={"question": "kvanterabarber"}, headers=HTML)
    assert (500, True) == (response.status_code, "Der gik noget galt" in response.text)
    assert "kvanterabarber" not in response.text + caplog.text
    assert "ZeroDivisionError" in caplog.text


# The demonstration


def test_the_demonstration_is_strict() -> None:
    """The demonstration page lets in no more of Spørgetime than its script and its frame, and nothing inline."""
    page = (DEMO / "index.html").read_text(encoding="utf-8")
    policy = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)[0]
    assert policy.startswith("default-src 'none'; script-src http://127.0.0.1:7860; frame-src http://127.0.0.1:7860;")
    assert "unsafe" not in policy and "connect-src" not in policy
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)

"""The server, by its whole application: what it answers, what it refuses, and what it keeps to itself."""

from __future__ import annotations

import json
import logging
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.api import AnswerShape
from bot.archive import Archive, Source
from bot.cards import cards
from bot.filtering import chosen
from bot.quote import quote, quote_marked
from bot.server import create_app, serve
from bot.shell import MAX_BODY, Hosts
from bot.source_page import source_page
from bot.terms import session
from corpus.clean import clean, layout
from corpus.errors import NoIndexError, SpoergetimeError
from corpus.records import Document, Fields, Page, Section, SourceFile
from index.build import build
from index.encoder import Encoder
from index.search import Searcher
from tests.conftest import until

LOCAL = "http://127.0.0.1:7860"
QUESTION = "Hvor lang er ventetiden i specialtandplejen?"
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`${alert(3)}{{alert(4)}} <form action=https://x.example>"
    " [x](javascript:alert(5)) **_~ &lt;b&gt; </mark></blockquote>"
)


@pytest.fixture(scope="module")
def searcher(examples_index: Path) -> Searcher:
    return Searcher.open(examples_index)


@pytest.fixture(scope="module")
def client(examples_index: Path) -> Iterator[TestClient]:
    with TestClient(create_app(examples_index), base_url=LOCAL) as client:
        yield client


def documents(searcher: Searcher) -> list[Document]:
    return [searcher.store.document(row) for row, _ in searcher.store.fields()]


def marked(page: str) -> str:
    """What a page marks, as text: the marks of one paragraph run on, paragraphs are lines."""
    paragraphs = re.findall(r"<p>(.*?)</p>", page, re.DOTALL)
    inner = ["".join(re.findall(r"<mark[^>]*>(.*?)</mark>", one, re.DOTALL)) for one in paragraphs if "<mark" in one]
    return unescape("\n".join(inner))


# The interface for programs


def test_search_answers_in_the_shape_it_describes(client: TestClient) -> None:
    """The answer is the one of the contract, and the published description fits it."""
    answer = client.post("/api/search", json={"question": QUESTION, "top": 3}).json()
    AnswerShape.model_validate(answer)
    assert QUESTION == answer["searched"]
    assert [1, 2, 3] == [hit["rank"] for hit in answer["hits"]]
    assert all("root" not in hit["citation"] for hit in answer["hits"])
    described = client.get("/api/openapi.json").json()
    assert "/api/search" in described["paths"]
    assert "AnswerShape" in described["components"]["schemas"]


def test_search_understands_a_conversation_and_explains_itself(client: TestClient) -> None:
    """A follow-up is searched with what it goes on from; the parts of the score add up, and the terms are named."""
    given = {"question": "Og for børn?", "previous": [QUESTION], "explain": True}
    answer = client.post("/api/search", json=given).json()
    AnswerShape.model_validate(answer)
    assert given["question"] == answer["question"] != answer["searched"]
    for hit in answer["hits"]:
        assert sum(hit["explain"]["parts"].values()) == pytest.approx(hit["score"], abs=1e-4)
        assert "børn" in [term["term"] for term in hit["explain"]["terms"]]


def test_search_filters(client: TestClient) -> None:
    """Filters reach the search: only documents that meet them answer."""
    given = {"question": QUESTION, "filters": {"kind": "pressemeddelelse"}}
    kinds = {hit["document"]["kind"] for hit in client.post("/api/search", json=given).json()["hits"]}
    assert {"pressemeddelelse"} == kinds


def test_a_session_is_taken_as_the_pages_write_it(client: TestClient, searcher: Searcher) -> None:
    """By its years or by the Folketing's code, from a program as from the chat."""

    def found(written: str) -> list[str]:
        given = {"question": QUESTION, "top": 50, "filters": {"session": written}}
        return [hit["passage"] for hit in client.post("/api/search", json=given).json()["hits"]]

    sessions = {fields.session for _, fields in searcher.store.fields() if fields.session}
    assert sessions
    for code in sessions:
        assert found(code) == found(session(code)) != []
        for written in (code, session(code)):
            assert code == chosen(f"session={written}").session
    assert "²0111" == chosen("session=²0111").session == session("²0111")


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        (b"{", 400, "JSON"),
        (b"[" * 8000, 400, "JSON"),
        (b'{"question": "\xff"}', 400, "JSON"),
        (b"9" * 5000, 400, "JSON"),
        (b"", 422, "question"),
        (b"[]", 422, "question"),
        (b"{}", 422, "question"),
        (b'{"question": 7}', 422, "question"),
        (b'{"question": "  "}', 422, "spørgsmål"),
        (b'{"question": "' + b"a" * 1001 + b'"}', 422, "1.001 tegn"),
        (b'{"question": "x", "top": 0}', 422, "top"),
        (b'{"question": "x", "top": "3"}', 422, "top"),
        (b'{"question": "x", "top": 51}', 422, "top"),
        (b'{"question": "x", "filters": []}', 422, "filters"),
        (b'{"question": "x", "filters": {"since": "i fjor"}}', 422, "filters.since"),
        (b'{"question": "x", "filters": {"color": "red"}}', 422, "filters.color"),
        (b'{"question": "x", "mode": "dense"}', 422, "mode"),
        (b'{"question": "x", "previous": "y"}', 422, "previous"),
        (b'{"question": "x", "previous": [7]}', 422, "previous"),
        (b'{"question": "x", "previous": [' + b'"y",' * 10 + b'"y"]}', 422, "højst 10"),
        (b'{"question": "x", "explain": 1}', 422, "true eller false"),
    ],
)
def test_wrong_calls_get_a_danish_sentence(client: TestClient, body: bytes, status: int, named: str) -> None:
    """Whatever is wrong with a call is said in one sentence under `error`, and nothing else."""
    response = client.post("/api/search", content=body, headers={"Content-Type": "application/json"})
    assert status == response.status_code
    assert {"error"} == response.json().keys()
    assert named in response.json()["error"]
    assert response.json()["error"].endswith(".")


@pytest.mark.parametrize("question", ["\\ud800", "\\u0000\\u0001", "a\\ud83d", "\\u202e?", "((((", '"', "*" * 999])
def test_odd_questions_do_no_harm(client: TestClient, question: str) -> None:
    """Lone surrogates, controls and query syntax are searched or refused; they never break the server."""
    body = f'{{"question": {json.dumps(question) if chr(92) not in question else chr(34) + question + chr(34)}}}'
    response = client.post("/api/search", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {200, 422}
    response.json()


def test_large_bodies_are_refused(client: TestClient) -> None:
    """More than 16 KiB is 413, whether the length is announced or not."""
    large = b'{"question": "' + b"a" * MAX_BODY + b'"}'
    assert 413 == client.post("/api/search", content=large).status_code
    assert 413 == client.post("/api/search", content=iter([large[:9000], large[9000:]])).status_code
    assert 413 == client.post("/gradio_api/queue/join", content=large).status_code


def test_health(client: TestClient) -> None:
    """The two probes are JSON and say ok."""
    assert {"status": "ok"} == client.get("/healthz").json()
    assert (200, {"status": "ready"}) == ((response := client.get("/readyz")).status_code, response.json())


def test_no_index_yet(tmp_path: Path, examples_index: Path) -> None:
    """Without an index the server lives but is not ready; it answers as soon as one is published."""
    with TestClient(create_app(tmp_path / "index"), base_url=LOCAL) as client:
        assert 200 == client.get("/healthz").status_code
        assert 503 == client.get("/readyz").status_code
        response = client.post("/api/search", json={"question": QUESTION})
        assert (503, "ikke klar") == (response.status_code, re.findall("ikke klar", response.json()["error"])[0])
        assert 200 == client.get("/").status_code
        shutil.copytree(examples_index, tmp_path / "index")
        assert 200 == client.get("/readyz").status_code
        assert client.post("/api/search", json={"question": QUESTION}).json()["hits"]


def test_a_new_generation_is_taken_up(tmp_path: Path, encoder: Encoder) -> None:
    """What is published while serving answers within a second; a damaged one leaves the old one answering."""
    texts, index = tmp_path / "texts", tmp_path / "index"
    texts.mkdir()
    (texts / "a.txt").write_text("Broen over sundet blev indviet i 1937.\n", encoding="utf-8")
    build([texts], index, encoder)
    with TestClient(create_app(index), base_url=LOCAL) as client:

        def generation() -> str:
            response = client.post("/api/search", json={"question": "Hvornår blev broen indviet?"})
            assert 200 == response.status_code
            return str(response.json()["generation"])

        first = generation()
        (texts / "b.txt").write_text("Færgen til øen blev nedlagt i 1998.\n", encoding="utf-8")
        second = build([texts], index, encoder).generation
        assert first != second
        until(lambda: second == generation())
        (index / "current").write_text("999999 " + "0" * 64 + "\n", encoding="ascii")
        assert second == generation()
        assert 200 == client.get("/readyz").status_code


# The source viewer


def test_every_passage_is_marked_word_for_word(searcher: Searcher) -> None:
    """For every passage of the examples, the marked words of its source page are exactly the passage's."""
    for row, _ in searcher.store.fields():
        document, places = searcher.store.document(row), searcher.store.places_of(row)
        for stored in searcher.store.passages_of(row):
            page = source_page(Source(document, places, {}), (stored.passage.start, stored.passage.end))
            assert stored.passage.text == marked(page)
            assert 1 == page.count('id="uddrag"')


def test_the_whole_text_is_there(searcher: Searcher) -> None:
    """A source page leaves nothing of the document out: inside and outside sections, every word in order."""
    for document in documents(searcher):
        article = source_page(Source(document, [], {}), None).partition('<article class="dokument" id="tekst">')[2]
        shown = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<h2>.*?</h2>", " ", article)))
        whole = clean(document.text, layout(document.text))
        assert re.sub(r"[\W_]", "", whole) == re.sub(r"[\W_]", "", shown)


def test_pages_and_fields_are_shown() -> None:
    """Known fields are named in Danish, unknown ones are left out; pages are numbered without a character more."""
    text = "Første side.\n\n\fAnden side."
    document = Document(
        id="0" * 16,
        files=(SourceFile("/r", "svar.pdf", "0"),),
        text=text,
        pages=(Page(1, 0, 14), Page(2, 14, len(text))),
        fields=Fields(kind="udvalgssvar", number="309", case="AMU alm. del", date="2012-04-27", status="endeligt"),
        sections=(Section(kind="svar", start=0, end=len(text), speaker="Anna Holm", party="EL", time="13:02"),),
    )
    page = unescape(source_page(Source(document, [], {}), (15, 20)))
    assert "<h1>AMU alm. del, endeligt svar på spm. 309, 27. april 2012</h1>" in page
    assert "<dt>Dato</dt><dd>27. april 2012</dd>" in page
    assert "<dt>Status</dt><dd>Endeligt svar</dd>" in page
    assert "Ministerium" not in page
    assert "None" not in page
    assert "Anna Holm (EL)" in page
    assert "kl. 13.02" in page
    assert ["Side 1", "Side 2"] == re.findall(r'data-side="(.*?)"', page)
    assert "Anden" == marked(page)


def test_source_page_over_http(client: TestClient, searcher: Searcher) -> None:
    """A card's link opens the document with its passage marked, and links to its neighbours."""
    stored = next(s for row, _ in searcher.store.fields() for s in searcher.store.passages_of(row)[1:2])
    passage = stored.passage
    response = client.get(f"/kilde/{passage.document}", params={"start": passage.start, "end": passage.end})
    assert 200 == response.status_code
    assert passage.text == marked(response.text)
    assert 'rel="prev"' in response.text
    assert '<html lang="da">' in response.text
    assert "<script" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    "query", ["start=x&end=9", "start=9&end=3", "start=-1&end=3", "start=1", "start=0&end=99999999"]
)
def test_a_bad_place_is_ignored(client: TestClient, searcher: Searcher, query: str) -> None:
    """The document is shown all the same, without a mark."""
    response = client.get(f"/kilde/{documents(searcher)[0].id}?{query}")
    assert (200, False) == (response.status_code, "<mark" in response.text)


@pytest.mark.parametrize("name", ["0" * 16, "nej", "..%2f..%2fetc%2fpasswd", "%00", "svar-s1204-tandpleje.txt"])
def test_an_unknown_document_is_a_danish_page(client: TestClient, name: str) -> None:
    """Only ids of the archive open; anything else is a 404 in Danish."""
    response = client.get(f"/kilde/{name}", headers={"Accept": "text/html"})
    assert 404 == response.status_code
    assert "Siden findes ikke" in response.text
    assert "<html" in response.text


# What documents say stays text


def test_quoted_text_has_no_punctuation_left() -> None:
    """Quoted text holds no mark that any markup or template language knows, and reads as it was."""
    quoted = quote(HOSTILE)
    assert re.fullmatch(r"(?:[^\W_]|\s|&#\d+;)*", quoted)
    assert HOSTILE == unescape(quoted)


def test_quoted_text_hides_nothing() -> None:
    """Direction marks, zero-width characters, NUL and lone surrogates do not reach the page."""
    assert "ab c\ufffd" == quote("a\u202eb\u200b\u0000\u2066\fc\ud800")


def test_marks_stand_around_the_quoted_span() -> None:
    """A span is marked by its offsets in the text, not in the HTML."""
    assert "&#60;b <mark>c&#62;</mark> d" == quote_marked("<b c> d", ((3, 5),))


def test_hostile_documents_stay_text(tmp_path: Path, encoder: Encoder) -> None:
    """Markup in a document's text, title and file name is shown, never obeyed, in cards and in the source viewer."""
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "x<img src=x onerror=alert(9)>.txt").write_text(f"Om æbler.\n\nÆbler er {HOSTILE} gode.", encoding="utf-8")
    build([texts], tmp_path / "index", encoder)
    archive = Archive(tmp_path / "index")
    answer = archive.ask("Hvad er æbler?")
    source = archive.source(answer.hits[0].passage.document)
    assert source is not None
    for html in (cards(answer), source_page(source, None).partition("<body>")[2]):
        tags = set(re.findall(r"<(\w+)", html))
        assert not tags & {"script", "img", "form", "iframe", "b", "style", "object"}
        assert not re.search(r"<[^>]*\son\w+=", html)
        assert not re.search(r"[{}`$*]", html)


# The shell


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    """Own pages, Gradio's, refusals and errors alike."""
    for path in ("/", "/healthz", "/nej", "/kilde/nej", "/stil/chat.css", "/config", "/gradio_api/upload"):
        headers = client.get(path).headers
        assert "nosniff" == headers["x-content-type-options"]
        assert "no-referrer" == headers["referrer-policy"]
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert "object-src 'none'" in (policy := headers["content-security-policy"]) or "default-src 'none'" in policy
        assert "permissions-policy" in headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/proxy=http://127.0.0.1:22/"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/openapi.json"),
        ("POST", "/gradio_api/call/ask"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/vibe-edit/"),
        ("POST", "/login"),
        ("GET", "/docs"),
        ("GET", "/redoc"),
        ("GET", "//gradio_api/upload"),
        ("PUT", "/api/search"),
        ("OPTIONS", "/api/search"),
    ],
)
def test_closed_routes(client: TestClient, method: str, path: str) -> None:
    """What the page does not need is closed, Gradio's uploads, proxy, files and monitoring first of all."""
    assert client.request(method, path).status_code in {403, 404, 405}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.5", "", "localhost@evil.example"])
def test_foreign_host_names_are_refused(client: TestClient, host: str) -> None:
    """A page that points its own name at this machine reads nothing."""
    assert 400 == client.get("/healthz", headers={"Host": host}).status_code


def test_host_names_that_are_accepted() -> None:
    """Loopback always; the named host; and when served on every address, any address but no foreign name."""
    assert all(Hosts(()).accept(host) for host in ("localhost:7860", "127.0.0.1", "[::1]:7860"))
    assert Hosts(["Arkiv.Example"]).accept("arkiv.example:80")
    assert Hosts(["0.0.0.0"]).accept("10.0.0.5:7860")
    assert not Hosts(["0.0.0.0"]).accept("evil.example")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/api/search", "/gradio_api/queue/join"])
def test_other_sites_cannot_post(client: TestClient, headers: dict[str, str], path: str) -> None:
    """A question comes from our own page or from a program, never from another site's page."""
    assert 403 == client.post(path, json={"question": QUESTION}, headers=headers).status_code


def test_our_own_page_can_post(client: TestClient) -> None:
    """Its origin is the host it names, and no answer invites another origin."""
    response = client.post("/api/search", json={"question": QUESTION}, headers={"Origin": LOCAL})
    assert 200 == response.status_code
    page = client.get("/", headers={"Origin": "https://evil.example"})
    assert not [name for name in page.headers if name.startswith("access-control-")]


def test_the_chat_page_is_danish_and_names_no_other_host(client: TestClient) -> None:
    """Language, title and styles are ours, and the page names no foreign address that a browser would load."""
    page = client.get("/").text
    assert re.search(r'<html\s+lang="da"', page)
    assert "<title>Spørgetime</title>" in page
    assert "stil/chat.css" in page
    loaded = re.findall(r'(?:src|href|content)="(https?:[^"]+)"', page)
    assert [] == loaded
    assert 200 == client.get("/stil/chat.css").status_code
    assert 404 == client.get("/stil/passwd").status_code


def test_questions_are_logged_nowhere(examples_index: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither an answer nor a failure leaves a word of the question in the log."""
    archive = Archive(examples_index)
    with TestClient(create_app(examples_index, archive=archive), base_url=LOCAL) as client:
        with caplog.at_level(logging.DEBUG):
            client.post("/api/search", json={"question": "Hvad koster kvanterabarber?"})
            archive.ask = lambda *_, **__: 1 / 0  # type: ignore[method-assign, assignment, return-value]
            response = client.post("/api/search", json={"question": "Hvad koster kvanterabarber?"})
        assert 500 == response.status_code
        assert response.json()["error"].startswith("Der gik noget galt")
        assert "kvanterabarber" not in caplog.text
        assert "ZeroDivisionError" in caplog.text


# Serving


def test_a_port_in_use_is_said_in_one_line(examples_index: Path) -> None:
    """No traceback and no exit from within: one error that names the port and the option."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SpoergetimeError, match=rf"port {port}.*--port") as raised:
            serve(examples_index, port=port)
        assert "\n" not in str(raised.value)


def test_serving_a_missing_index_fails_at_once(tmp_path: Path) -> None:
    """Whoever names a wrong folder is told, rather than served an empty page."""
    with pytest.raises(NoIndexError):
        serve(tmp_path / "nothing", port=0)


def test_importing_the_chat_calls_nobody() -> None:
    """Gradio's analytics, run history and other voices are off before it is imported, whatever the environment says."""
    code = (
        "import os; os.environ['GRADIO_ANALYTICS_ENABLED'] = 'True'; import bot.chat; from gradio import analytics;"
        "print(os.environ['GRADIO_ANALYTICS_ENABLED'], analytics.analytics_enabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False False\n" == done.stdout


def test_an_unknown_kind_is_refused_and_no_filters_are_none(examples_index: Path) -> None:
    """A closed set of kinds is checked, and `"filters": null` means that there are none."""
    client = TestClient(create_app(examples_index), base_url="http://127.0.0.1")
    refused = client.post("/api/search", json={"question": "marsvin", "filters": {"kind": "roman"}})
    assert 422 == refused.status_code
    assert "filters.kind" in refused.json()["error"] and "udvalgssvar" in refused.json()["error"]
    assert 200 == client.post("/api/search", json={"question": "marsvin", "filters": None}).status_code
    kept = client.post("/api/search", json={"question": "marsvin", "filters": {"kind": "udvalgssvar"}})
    assert {"udvalgssvar"} == {hit["document"]["kind"] for hit in kept.json()["hits"]}

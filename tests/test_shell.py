"""Each rule of the shell: one request that must fail by it, and one like it that must pass."""

from __future__ import annotations

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.archive import Archive
from bot.operation import Operation
from bot.server import create_app
from bot.shell import MAX_BODY
from index.build import build
from index.encoder import Encoder
from tests.talk import page_of

LOCAL = "http://127.0.0.1:7860"
ASKED = {"question": "Hvad koster skolemad?"}
Request = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def client(examples_index: Path) -> Iterator[TestClient]:
    with TestClient(create_app(examples_index, operation=Operation(rate=0)), base_url=LOCAL) as client:
        yield client


def search(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return "POST", "/api/search", {"json": ASKED, "headers": named}


def twice(name: str, *values: str) -> Request:
    return "POST", "/api/search", {"json": ASKED, "headers": [(name, value) for value in values]}


def page(**headers: str) -> Request:
    return "GET", "/", {"headers": headers}


RULES: dict[str, tuple[int, Request, Request]] = {
    "a host name that is ours": (400, page(Host="evil.example"), page(Host="localhost:7860")),
    "a host name once": (400, ("GET", "/", {"headers": [("Host", "localhost"), ("Host", "evil.example")]}), page()),
    "questions from our own pages": (403, search(Origin="https://evil.example"), search(Origin=LOCAL)),
    "questions from our own port": (403, search(Origin="http://127.0.0.1:1"), search(Origin=LOCAL)),
    "questions from one origin": (403, twice("Origin", LOCAL, "https://evil.example"), search(Origin=LOCAL)),
    "questions from one site": (403, twice("Sec-Fetch-Site", "same-origin", "cross-site"), search()),
    "an origin that the browser believes": (
        403,
        search(Origin=LOCAL, Sec_Fetch_Site="cross-site"),
        search(Origin=LOCAL.replace("http:", "https:"), Sec_Fetch_Site="same-origin"),  # its HTTPS ends at a proxy
    ),
    "questions from no sandbox": (403, search(Origin="null"), search()),
    "questions from our own site": (403, search(Sec_Fetch_Site="cross-site"), search(Sec_Fetch_Site="same-origin")),
    "what is open to reading": (404, ("GET", "/gradio_api/file=/etc/passwd", {}), ("GET", "/config", {})),
    "what is open to writing": (404, ("POST", "/gradio_api/upload", {}), search()),
    "no proxying": (404, ("GET", "/gradio_api/proxy=http://127.0.0.1/", {}), ("GET", "/theme.css", {})),
    "whether it is the same server": (405, ("POST", "/gradio_api/app_id", {}), ("GET", "/gradio_api/app_id", {})),
    "no monitoring": (404, ("GET", "/monitoring", {}), ("GET", "/healthz", {})),
    "no calling by name": (404, ("POST", "/gradio_api/call/ask", {"json": {}}), search()),
    "the method of a route": (405, ("POST", "/config", {}), ("GET", "/config", {})),
    "no odd methods": (405, ("DELETE", "/kilde/x", {}), ("GET", "/healthz", {})),
    "no paths around it": (404, ("GET", "/assets", {}), ("GET", "/stil/chat.css", {})),
    "small bodies": (
        413,
        ("POST", "/api/search", {"content": b"x" * (MAX_BODY + 1)}),
        ("POST", "/api/search", {"json": {**ASKED, "previous": ["æ" * 700] * 10}}),
    ),
    "bodies of a known length": (
        413,
        ("POST", "/api/search", {"content": b"{}", "headers": {"Content-Length": "-1"}}),
        search(),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(client: TestClient, rule: str) -> None:
    """What breaks a rule is refused by the status of that rule; what keeps to it is answered."""
    status, bad, good = RULES[rule]
    refused = client.request(bad[0], bad[1], **bad[2])
    assert status == refused.status_code
    assert not refused.headers["content-type"].startswith("text/plain")
    passed = client.request(good[0], good[1], **good[2])
    assert 200 == passed.status_code


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        "/",
        "/config",
        "/widget",
        "/widget.js",
        "/stil/chat.css",
        "/api/openapi.json",
        "/kilde/nej",
    ],
)
def test_head_is_get_without_its_body(client: TestClient, path: str) -> None:
    """Whatever can be read can be asked for its headers alone, as monitoring does."""
    whole, bare = client.get(path), client.head(path)
    assert (whole.status_code, whole.headers["content-type"], b"") == (
        bare.status_code,
        bare.headers["content-type"],
        bare.content,
    )
    assert whole.headers.get("content-length") == bare.headers.get("content-length")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "GET", "POST"])
def test_a_wrong_method_is_told_the_right_ones(client: TestClient, method: str) -> None:
    """Whatever the method, a path that there is says in Danish which it knows; `Allow` names them."""
    known = {"/api/search": "POST", "/api/feedback": "POST", "/widget": "GET, HEAD, POST", "/healthz": "GET, HEAD"}
    for path, allowed in known.items():
        if method not in allowed:
            answer = client.request(method, path)
            assert (405, allowed) == (answer.status_code, answer.headers["allow"])
            assert {"error": "Det kan man ikke på denne adresse."} == answer.json()


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [{"path": "http://intern.example/x"}]}',
        b'{"data": [["http://intern.example/x"]]}',
        b'{"data": "x"}',
        b'{"data": ' + b"[" * 8000,
        b'{"data": ["\xff"]}',
        b"[]",
        b"",
    ],
)
@pytest.mark.parametrize("path", ["queue/join", "queue/join/", "run/predict"])
def test_the_chat_takes_single_values_alone(client: TestClient, path: str, body: bytes) -> None:
    """What is no list of texts, numbers and the like is refused in Danish, before Gradio sees it."""
    answer = client.post(f"/gradio_api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert (422, "Chatten tager kun imod tekst.") == (answer.status_code, answer.json()["detail"])


@pytest.mark.parametrize("shell", [True, False], ids=["the shell refuses it", "the page refuses it"])
def test_a_question_fetches_nothing(
    examples_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: bool
) -> None:
    """A file in a question's place is neither fetched nor copied, whichever of the two walls stands."""
    sought: list[object] = []

    def unknown(host: object, *_: object, **__: object) -> None:
        sought.append(host)
        raise socket.gaierror

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    app = create_app(examples_index)
    if not shell:
        app.user_middleware.clear()
    with TestClient(app, base_url=LOCAL) as client:
        asking = page_of(client.get("/config").json())
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        for path in ("http://intern.example/x", os.__file__):
            fields: list[Any] = [*asking.fields]
            fields[asking.box] = {"path": path, "meta": {"_type": "gradio.FileData"}}
            event = {"fn_index": asking.function, "trigger_id": asking.trigger, "session_hash": "x"}
            joined = client.post("/gradio_api/queue/join", json={"data": fields, **event})
            assert (422 if shell else 200) == joined.status_code
            if not shell:
                said = client.get("/gradio_api/queue/data", params={"session_hash": "x"}).text
                assert "process_completed" in said and '"success":false' in said
    assert [] == sought
    assert [] == [*tmp_path.rglob("*")]


def test_a_search_cannot_go_around_the_queue(client: TestClient) -> None:
    """Gradio's direct call is for what costs nothing; a question through it is refused."""
    config = client.get("/config").json()
    asking = [one["id"] for one in config["dependencies"] if one["queue"]]
    assert asking
    for function in asking:
        body = {"data": ["skolemad"] * 30, "fn_index": function, "session_hash": "x"}
        answer = client.post("/gradio_api/run/predict", json=body)
        assert answer.status_code != 200
        assert "st-kort" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/", "/config", "/healthz", "/api/openapi.json", "/nej", "/kilde/nej", "/stil/chat.css", "/widget", "/monitoring"],
)
def test_every_answer_has_every_header(client: TestClient, path: str) -> None:
    """Pages, descriptions, styles and refusals: what may run, be sniffed, told, used, framed, opened and loaded."""
    headers = client.get(path).headers
    assert "nosniff" == headers["x-content-type-options"]
    assert "no-referrer" == headers["referrer-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert "same-origin" == headers["cross-origin-opener-policy"]
    assert "same-origin" == headers["cross-origin-resource-policy"]
    policy = headers["content-security-policy"]
    assert "frame-ancestors" in policy and "default-src" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy
    assert not [name for name in headers if name.startswith("access-control-")]


def test_a_socket_is_closed(client: TestClient) -> None:
    """There are no web sockets, under any path."""
    with pytest.raises(Exception) as raised, client.websocket_connect("/gradio_api/queue/join"):
        pass
    assert 1008 == getattr(raised.value, "code", None)


def test_a_failing_page_is_a_danish_sentence(examples_index: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Also the chat's own page: no traceback for the reader, none in the log, and the headers as always."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("kvanterabarber")

    app = create_app(examples_index)
    app.router.routes.clear()
    app.router.default = broken
    client = TestClient(app, base_url=LOCAL)
    for path in ("/", "/config"):
        answer = client.get(path)
        assert (500, "nosniff") == (answer.status_code, answer.headers["x-content-type-options"])
        assert answer.json()["error"].startswith("Der gik noget galt")
    assert "kvanterabarber" not in caplog.text
    assert "ValueError" in caplog.text


def test_no_answer_is_of_two_generations(tmp_path: Path, encoder: Encoder) -> None:
    """While generations are published, every question is answered, and each answer is of one generation alone."""
    texts, index = tmp_path / "texts", tmp_path / "index"
    texts.mkdir()
    words = ["bro", "fyr", "kro", "hav", "sø", "ø"]

    def publish(n: int) -> str:
        for name in ("a", "b", "c"):
            said = f"Om {name} i udgave {n}: {' '.join(words)}. Prøven i udgave {n} blev bestået af alle i {name}.\n"
            (texts / f"{name}.txt").write_text(said, encoding="utf-8")
        return build([texts], index, encoder).generation

    edition = {publish(0): 0}
    stop = threading.Event()
    seen: Counter[str] = Counter()
    wrong: list[str] = []

    def reader() -> None:
        while not stop.is_set():
            answer = client.post("/api/search", json={"question": "Hvem bestod prøven i udgave?"})
            if answer.status_code != 200:
                wrong.append(f"{answer.status_code} {answer.text}")
                continue
            body = answer.json()
            found.append((body["generation"], [hit["text"] for hit in body["hits"]]))
            seen[body["generation"]] += 1

    found: list[tuple[str, list[str]]] = []
    app = create_app(index, archive=Archive(index), operation=Operation(rate=0))
    with TestClient(app, base_url=LOCAL) as client, ThreadPoolExecutor(4) as readers:
        running = [readers.submit(reader) for _ in range(4)]
        for n in range(1, 6):
            edition[publish(n)] = n
        newest = max(edition)
        for _ in range(500):
            if seen[newest]:
                break
            stop.wait(0.02)
        stop.set()
        for one in running:
            one.result()
    assert [] == wrong
    assert len(seen) >= 3
    for generation, texts_ in found:
        assert texts_
        assert all(f"udgave {edition[generation]}" in text for text in texts_)

"""Each rule of the shell: one request that must fail by it, and one like it that must pass."""

from __future__ import annotations

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


def page(**headers: str) -> Request:
    return "GET", "/", {"headers": headers}


RULES: dict[str, tuple[int, Request, Request]] = {
    "a host name that is ours": (400, page(Host="evil.example"), page(Host="localhost:7860")),
    "a host name once": (400, ("GET", "/", {"headers": [("Host", "localhost"), ("Host", "evil.example")]}), page()),
    "questions from our own pages": (403, search(Origin="https://evil.example"), search(Origin=LOCAL)),
    "questions from our own port": (403, search(Origin="http://127.0.0.1:1"), search(Origin=LOCAL)),
    "questions from no sandbox": (403, search(Origin="null"), search()),
    "questions from our own site": (403, search(Sec_Fetch_Site="cross-site"), search(Sec_Fetch_Site="same-origin")),
    "what is open to reading": (404, ("GET", "/gradio_api/file=/etc/passwd", {}), ("GET", "/config", {})),
    "what is open to writing": (404, ("POST", "/gradio_api/upload", {}), search()),
    "no proxying": (404, ("GET", "/gradio_api/proxy=http://127.0.0.1/", {}), ("GET", "/theme.css", {})),
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

"""Who asks: whom a trusted proxy vouches for gets in, nobody else, and nothing of it is kept."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bot.login import Doorkeeper, Proxies, checked_header
from bot.operation import Operation
from bot.server import create_app
from corpus.errors import UsageError

LOCAL = "http://127.0.0.1:7860"
QUESTION = {"question": "Hvad koster skolemad?"}
PROXY, ELSEWHERE = "10.0.0.2", "10.0.0.3"
NAME = "X-Remote-User"
Given = list[tuple[str, str]]


@pytest.fixture(scope="module")
def app(examples_index: Path) -> FastAPI:
    return create_app(examples_index, operation=Operation(trusted=(PROXY,), login_header=NAME, rate=0))


def asked(app: FastAPI, peer: str, headers: Given, path: str = "/api/search") -> tuple[int, str]:
    """Ask from an address with these headers, each sent as it is; give the status and the answer."""
    client = TestClient(app, base_url=LOCAL, client=(peer, 50000))
    raw: Any = [(name, value.encode()) for name, value in headers]
    response = client.post(path, json=QUESTION, headers=raw) if path == "/api/search" else client.get(path, headers=raw)
    return response.status_code, response.text


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        pytest.param(PROXY, [(NAME, "anna")], 200, id="logged in"),
        pytest.param(PROXY, [(NAME, "Holm, Ånna")], 200, id="any name"),
        pytest.param(PROXY, [("x-remote-USER", "anna")], 200, id="a header's case means nothing"),
        pytest.param(PROXY, [], 401, id="not logged in"),
        pytest.param(PROXY, [(NAME, "")], 401, id="empty"),
        pytest.param(PROXY, [(NAME, "   ")], 401, id="blank"),
        pytest.param(PROXY, [("X-Remote-Users", "anna")], 401, id="another header"),
        pytest.param(PROXY, [(NAME, "anna"), (NAME, "bent")], 403, id="doubled"),
        pytest.param(PROXY, [(NAME, "anna"), ("x-REMOTE-user", "bent")], 403, id="doubled in another case"),
        pytest.param(PROXY, [(NAME, "anna"), ("X_Remote_User", "bent")], 403, id="doubled with underscores"),
        pytest.param(PROXY, [(NAME, ""), (NAME, "anna")], 403, id="doubled, one empty"),
        pytest.param(ELSEWHERE, [], 401, id="around the proxy"),
        pytest.param(ELSEWHERE, [(NAME, "anna")], 403, id="forged"),
        pytest.param(ELSEWHERE, [("x-remote-user", "anna")], 403, id="forged in another case"),
        pytest.param(ELSEWHERE, [("X_REMOTE_USER", "anna")], 403, id="forged with underscores"),
        pytest.param(ELSEWHERE, [(NAME, "anna"), ("X-Forwarded-For", PROXY)], 403, id="forged with an address"),
        pytest.param(ELSEWHERE, [(NAME, "anna"), ("X-Real-IP", PROXY)], 403, id="forged with another address"),
        pytest.param("::ffff:" + PROXY, [(NAME, "anna")], 200, id="the proxy's address in its other form"),
    ],
)
def test_only_the_proxy_can_log_in(app: FastAPI, peer: str, headers: Given, status: int) -> None:
    """The header counts once, from the proxy's address; what is refused is refused in Danish."""
    answered, text = asked(app, peer, headers)
    assert status == answered
    if status != 200:
        assert ("logget ind" if status == 401 else "afvist") in text
        assert "anna" not in text


@pytest.mark.parametrize("path", ["/", "/config", "/kilde/nej", "/stil/chat.css", "/api/openapi.json", "/widget"])
def test_without_a_login_no_page_is_shown(app: FastAPI, path: str) -> None:
    """Every page asks for it, styles and descriptions too; with it they are what they always are."""
    assert 401 == asked(app, PROXY, [("Accept", "text/html")], path)[0]
    assert asked(app, PROXY, [("Accept", "text/html"), (NAME, "anna")], path)[0] in {200, 404}


def test_the_refusal_is_a_danish_page(app: FastAPI) -> None:
    """A reader without a login is told so on a page of ours."""
    status, text = asked(app, PROXY, [("Accept", "text/html")], "/")
    assert (401, True, True) == (status, '<html lang="da">' in text, "logget ind" in text)


def test_monitoring_needs_no_login(app: FastAPI) -> None:
    """The probes answer from everywhere; a forged login is refused there too."""
    assert 200 == asked(app, ELSEWHERE, [], "/healthz")[0]
    assert 200 == asked(app, ELSEWHERE, [], "/readyz")[0]
    assert 403 == asked(app, ELSEWHERE, [(NAME, "anna")], "/healthz")[0]


def test_no_identity_is_logged(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """Neither who is logged in nor an address is written anywhere."""
    with caplog.at_level(logging.DEBUG):
        asked(app, PROXY, [(NAME, "annaholm"), ("X-Forwarded-For", "10.77.0.1")])
        asked(app, ELSEWHERE, [(NAME, "annaholm")])
    assert "spoergetime" in caplog.text
    assert not [word for word in ("annaholm", "10.77.0.1", PROXY, ELSEWHERE) if word in caplog.text]


def seen(headers: Given, peer: str, trusted: tuple[str, ...], login: str | None = None) -> Scope:
    """The request as the application behind the door sees it."""
    scopes: list[Scope] = []

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    TestClient(Doorkeeper(behind, Proxies(trusted), login), client=(peer, 1)).get("/", headers=headers)
    return scopes[-1]


def test_nothing_behind_sees_who_it_is() -> None:
    """The login and every header about the client are gone once they are read; all others are as they came."""
    given = [
        (NAME, "anna"),
        ("X-Forwarded-For", "10.0.0.9"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Gradio-Server", "https://evil.example"),
        ("Forwarded", "for=10.0.0.9"),
        ("X-Real-IP", "10.0.0.9"),
        ("X-Other", "bent"),
    ]
    scope = seen(given, PROXY, (PROXY,), NAME)
    names = {name.decode() for name, _ in scope["headers"]}
    assert "x-other" in names
    assert not [name for name in names if name.startswith(("x-forwarded", "forwarded", "x-re", "x-gradio"))]
    assert ("10.0.0.9", "https") == (scope["client"][0], scope["scheme"])
    unbelieved = seen(given, ELSEWHERE, (PROXY,))
    assert (ELSEWHERE, "http") == (unbelieved["client"][0], unbelieved["scheme"])


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ([], PROXY),
        (["192.0.2.1"], "192.0.2.1"),
        (["6.6.6.6, 192.0.2.1"], "192.0.2.1"),  # what the client itself wrote stands before
        (["6.6.6.6", "192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, 10.1.0.7"], "192.0.2.1"),  # two proxies in a row
        (["10.1.0.9, 10.1.0.7"], "10.1.0.9"),  # a reader in the proxies' own network
        (["2001:db8::1"], "2001:db8::1"),
        (["192.0.2.1, <script>"], PROXY),
        ([", "], PROXY),
    ],
)
def test_the_address_is_the_last_that_no_proxy_has(forwarded: list[str], client: str) -> None:
    """Only what trusted proxies wrote is believed; what is no address is none."""
    assert client == Proxies([PROXY, "10.1.0.0/16"]).client(PROXY, forwarded)


@pytest.mark.parametrize("protocol", [["HTTPS"], ["https, http"], ["https", "http"], ["javascript"], []])
def test_an_odd_protocol_changes_nothing(protocol: list[str]) -> None:
    """The scheme is one of two, said once, by the proxy."""
    given = [("X-Forwarded-Proto", one) for one in protocol]
    assert "http" == seen(given, PROXY, (PROXY,))["scheme"]


def test_no_forwarded_host_reaches_the_chat(examples_index: Path) -> None:
    """Gradio would write such a host into its page, for its scripts to ask."""
    evil = [("X-Forwarded-Host", "evil.example"), ("X-Gradio-Server", "https://evil.example")]
    for trusted in ((), ("127.0.0.1",)):
        app = create_app(examples_index, operation=Operation(trusted=trusted))
        with TestClient(app, base_url=LOCAL, client=("127.0.0.1", 1)) as client:
            for path in ("/", "/config"):
                response = client.get(path, headers=evil)
                assert (200, False) == (response.status_code, "evil.example" in response.text)


def test_behind_https_the_page_asks_by_https(examples_index: Path) -> None:
    """Or a browser would refuse to: the page's own address has the scheme that the proxy tells."""
    app = create_app(examples_index, operation=Operation(trusted=("127.0.0.1",)))
    with TestClient(app, base_url=LOCAL, client=("127.0.0.1", 1)) as client:
        root = client.get("/config", headers={"X-Forwarded-Proto": "https"}).json()["root"]
    assert "https://127.0.0.1:7860" == root


@pytest.mark.parametrize("name", ["X Remote", "X-Remote:User", "", "Host", "Cookie", "X-Forwarded-For", "Bruger-Å"])
def test_a_header_that_cannot_carry_a_login(name: str) -> None:
    """It is refused at the start in one line; a name that can is read in small letters."""
    if not name:
        assert "" == checked_header(name, Proxies([PROXY]))
        return
    with pytest.raises(UsageError, match="--login-header"):
        checked_header(name, Proxies([PROXY]))
    assert "x-remote-user" == checked_header(NAME, Proxies([PROXY]))


def test_a_login_needs_a_proxy_to_believe(examples_index: Path) -> None:
    """Else anyone could be anybody; the application is not even made."""
    with pytest.raises(UsageError, match="--trust-proxy"):
        checked_header(NAME, Proxies(()))


@pytest.mark.parametrize("address", ["nginx", "10.0.0.0/33", "10.0.0.1:80", "", "0.0.0.0.0"])
def test_a_proxy_that_is_no_address(address: str) -> None:
    """It is refused in one line that names the option."""
    with pytest.raises(UsageError, match="--trust-proxy"):
        Proxies([address])

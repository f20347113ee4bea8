"""The client asks seldom, waits when it is told to, goes nowhere else, and leaves nothing half done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from corpus.errors import FetchError, TurnedAwayError
from corpus.fetch.polite import Guest, Polite, Reply, Validators

HERE = "https://data.example/"
Answering = Callable[[httpx.Request], httpx.Response]


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def client(answer: Answering, clock: Clock | None = None, contact: str | None = "post@example.dk") -> Polite:
    clock = clock or Clock()
    guest = Guest(contact, 5.0, lambda: clock.now, clock.sleep, httpx.MockTransport(answer))
    return Polite([HERE], guest)


def replies(*responses: httpx.Response | Exception) -> Answering:
    """Answer one after the other; the last again and again."""
    left = list(responses)

    def answer(request: httpx.Request) -> httpx.Response:
        one = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(one, Exception):
            raise one
        return one

    return answer


def unchecked(content_type: str, head: bytes) -> None:
    """Take anything."""


def test_at_most_five_requests_a_second() -> None:
    """Ten requests take at least 1.8 seconds, also where they are answered at once."""
    clock = Clock()
    moments: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        moments.append(clock.now)
        return httpx.Response(200)

    polite = client(answer, clock)
    for _ in range(10):
        polite.get(HERE)
    assert 10 == polite.requests
    assert all(later - earlier >= 0.2 - 1e-9 for earlier, later in itertools.pairwise(moments))


@pytest.mark.parametrize(("status", "after", "waited"), [(429, "7", 7.0), (503, formatdate(0), 0.0), (500, None, 1.0)])
def test_what_passes_is_waited_for(status: int, after: str | None, waited: float) -> None:
    """As long as the server says, in seconds or by a date, and else a second; empty bodies are no surprise."""
    clock = Clock()
    headers = {"Retry-After": after} if after else {}
    reply = client(replies(httpx.Response(status, headers=headers), httpx.Response(200, content=b"ok")), clock).get(
        HERE
    )
    assert (b"ok", waited) == (reply.body, clock.waits[0])


def test_waiting_doubles_and_ends() -> None:
    """After five tries, 1, 2, 4 and 8 seconds apart, there is one line."""
    clock = Clock()
    with pytest.raises(FetchError, match=r"^https://data\.example/ answered 502, 5 times\. Call again later"):
        client(replies(httpx.Response(502)), clock).get(HERE)
    assert [1.0, 2.0, 4.0, 8.0] == [wait for wait in clock.waits if wait >= 1]


def test_a_day_is_not_waited() -> None:
    """A server that asks to wait for long is told of, not waited for."""
    clock = Clock()
    with pytest.raises(FetchError, match=r"asks to wait 86400 s\. Call again after that"):
        client(replies(httpx.Response(429, headers={"Retry-After": "86400"})), clock).get(HERE)
    assert [] == clock.waits


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("name not known"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")]
)
def test_a_broken_connection_is_tried_again(error: Exception) -> None:
    """The second try counts."""
    assert b"ok" == client(replies(error, httpx.Response(200, content=b"ok"))).get(HERE).body
    with pytest.raises(FetchError, match="gave no whole answer"):
        client(replies(error)).get(HERE)


@pytest.mark.parametrize(("status", "error"), [(401, TurnedAwayError), (403, TurnedAwayError), (404, FetchError)])
def test_a_refusal_is_taken_for_one(status: int, error: type[FetchError]) -> None:
    """Nobody is asked a second time for what he has refused or does not have."""
    polite = client(replies(httpx.Response(status)))
    with pytest.raises(error, match=f"status {status}"):
        polite.get(HERE)
    assert 1 == polite.requests


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://other.example/",
        "//other.example/",
        "file:///etc/passwd",
        "https://data.example:8443/",
        "https://user:word@data.example/",
        "https://data.example@other.example/",
        "http://[::1",
    ],
)
def test_no_redirect_leads_elsewhere(location: str) -> None:
    """Only what was named is asked, however the way to it is written."""
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"Location": location})

    with pytest.raises(FetchError):
        client(answer).get(HERE)
    assert {"data.example"} == set(hosts)


def test_redirects_within_are_followed_and_end() -> None:
    """A moved page is found, and a circle is left."""
    moved = httpx.Response(301, headers={"Location": "/there"})
    assert "https://data.example/there" == client(replies(moved, httpx.Response(200))).get(HERE).url
    with pytest.raises(FetchError, match="leads on and on"):
        client(replies(moved)).get(HERE)


def test_tls_is_kept() -> None:
    """A link to the plain address of an origin that was named with TLS is asked with TLS."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200)

    client(answer).get("http://data.example/page?%24skip=100")
    assert ["https://data.example/page?%24skip=100"] == asked


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_long_is_left(tmp_path: Path, announced: bool) -> None:
    """Whether its length is announced or not; nothing of it stays."""

    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 1000 for _ in range(100))

    body = httpx.Response(200, content=b"x" * 100_000) if announced else httpx.Response(200, content=pieces())
    with pytest.raises(FetchError, match="longer than 50,000 bytes"):
        client(replies(body)).download(HERE, tmp_path / "a.pdf", check=unchecked, limit=50_000)
    assert [] == list(tmp_path.iterdir())


def test_what_drips_is_left(tmp_path: Path) -> None:
    """A reply that goes on for five minutes ends there."""
    clock = Clock()

    def drip() -> Iterator[bytes]:
        for _ in itertools.count():
            clock.now += 20
            yield b"x"

    with pytest.raises(FetchError, match="took longer than 300 s"):
        client(replies(httpx.Response(200, content=drip())), clock).download(HERE, tmp_path / "a", check=unchecked)
    assert [] == list(tmp_path.iterdir())


def test_unchanged_bytes_are_not_sent_again(tmp_path: Path) -> None:
    """What the server said of a file goes with the next question; without the file there is no such question."""
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("If-None-Match"))
        if seen[-1] == '"1"':
            return httpx.Response(304)
        return httpx.Response(200, content=b"new", headers={"ETag": '"1"', "Content-Type": "Text/Plain; charset=x"})

    polite, target = client(answer), tmp_path / "a"

    def bring(known: Validators | None) -> Reply:
        return polite.download(HERE, target, check=unchecked, known=known)

    first = bring(None)
    assert (True, "text/plain", Validators('"1"')) == (first.changed, first.content_type, first.validators)
    assert not bring(first.validators).changed
    assert b"new" == target.read_bytes()
    target.unlink()
    assert bring(first.validators).changed
    assert [None, '"1"', None] == seen


@pytest.mark.parametrize("broken", ["cut", "refused"])
def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path, broken: str) -> None:
    """A transfer that breaks, or bytes that are refused, leave what was there, and nothing beside it."""
    target = tmp_path / "a.pdf"
    target.write_bytes(b"as it was")

    def cut() -> Iterator[bytes]:
        yield b"%PDF"
        raise httpx.RemoteProtocolError("peer closed connection")

    def refuse(content_type: str, head: bytes) -> None:
        assert b"<html>" == head
        raise TurnedAwayError("a web page")

    polite = client(lambda request: httpx.Response(200, content=cut() if broken == "cut" else b"<html>"))
    with pytest.raises(FetchError):
        polite.download(HERE, target, check=refuse if broken == "refused" else unchecked)
    assert {target: b"as it was"} == {path: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("contact", "sent"), [("a@b.dk", "(a@b.dk)"), ("Å\r\nX: y", "(???X: y)"), (None, "(no contact")]
)
def test_it_says_who_asks(contact: str | None, sent: str) -> None:
    """The user agent names the program and a contact, and holds no other header."""
    agents: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["User-Agent"])
        assert "X" not in request.headers
        return httpx.Response(200)

    client(answer, contact=contact).get(HERE)
    assert agents[0].startswith("spoergetime/")
    assert sent in agents[0]


def test_a_host_that_is_down_is_left_alone() -> None:
    """After ten addresses in a row that failed, it is asked for no more; a page that is not there is no failure."""
    polite = client(lambda request: httpx.Response(404 if "gone" in str(request.url) else 403))
    for number in range(30):
        with pytest.raises(FetchError):
            polite.get(f"{HERE}gone/{number}")
    for number in range(30):
        with pytest.raises(FetchError, match="failed 10 times in a row" if number >= 10 else "refused"):
            polite.get(f"{HERE}{number}")
    assert 40 == polite.requests


@pytest.mark.parametrize("url", ["ftp://data.example/x", "https://other.example/x", "data.example/x", "", "https://[x"])
def test_nothing_else_is_asked(url: str) -> None:
    """An address that is none of the origins' is refused before anybody is asked, in one line."""
    polite = client(replies(httpx.Response(200)))
    with pytest.raises(FetchError) as caught:
        polite.get(url)
    assert 0 == polite.requests
    assert "\n" not in str(caught.value)

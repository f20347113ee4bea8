"""The client asks seldom, waits when it is told to, goes nowhere else, and leaves nothing half done."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from corpus.errors import FetchError, InputError, TurnedAwayError, UsageError
from corpus.fetch.guest import Guest
from corpus.fetch.polite import Polite, Reply, Validators
from tests.fetching import Clock

HERE = "https://data.example/"
Answering = Callable[[httpx.Request], httpx.Response]


def client(answer: Answering, clock: Clock | None = None, contact: str | None = "post@example.dk") -> Polite:
    return Polite([HERE], (clock or Clock()).guest(contact=contact, transport=httpx.MockTransport(answer)))


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


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (429, {"Retry-After": "7"}, 7.0), (503, {"Retry-After": formatdate(0)}, 1.0), (500, {}, 1.0),
        (503, {"Retry-After": "0"}, 1.0),
        (503, {"Retry-After": formatdate(1_000), "Date": formatdate(970)}, 30.0),  # by a clock other than ours
        (429, {"Retry-After": "soon"}, 1.0), (429, {"Retry-After": f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}"}, 1.0),
    ],
)  # fmt: skip
def test_what_passes_is_waited_for(status: int, headers: dict[str, str], waited: float) -> None:
    """As long as the server says, by a number or a date in its own clock, and at least a second."""
    clock = Clock()
    reply = client(replies(httpx.Response(status, headers=headers), httpx.Response(200, content=b"ok")), clock).get(
        HERE
    )
    assert (b"ok", waited) == (reply.body, max(clock.waits))


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


@contextmanager
def endless(begin: bytes, more: bytes) -> Iterator[str]:
    """Serve a reply that goes on for ever, a few bytes at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(begin)
                    while True:
                        connection.sendall(more)
                        time.sleep(0.01)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(5)
        assert not thread.is_alive()  # the connection was ended


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_what_drips_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: bytes, more: bytes) -> None:
    """A reply without an end is ended: its body, its headers, or what comes before them."""
    monkeypatch.setattr("corpus.fetch.guest._LONGEST", 0.2)
    with endless(begin, more) as url, Polite([url], Clock().guest()) as polite:
        with pytest.raises(FetchError, match="took longer than"):
            polite.download(url, tmp_path / "a", check=unchecked)
        assert 1 == polite.requests
    assert [] == list(tmp_path.iterdir())


def packed(data: bytes, packing: str) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": packing}, stream=httpx.ByteStream(data))


def test_packed_replies_are_unpacked_within_limits() -> None:
    """What was asked for as gzip is read so; cut or damaged it is no reply; a bomb ends at the limit."""
    assert b"ok" == client(lambda _: packed(gzip.compress(b"ok"), "gzip")).get(HERE).body
    for broken in (gzip.compress(b"ok" * 99)[:-9], b"no gzip", gzip.compress(b"ok") + b"more"):
        with pytest.raises(FetchError, match="gave no whole answer"):
            client(lambda _, broken=broken: packed(broken, "gzip")).get(HERE)  # type: ignore[misc]
    assert 50_000 == len(client(lambda _: packed(gzip.compress(b"x" * 50_000), "gzip")).get(HERE, limit=50_000).body)
    with pytest.raises(FetchError, match="longer than 50,000 bytes"):
        client(lambda _: packed(gzip.compress(b"x" * 50_001), "gzip")).get(HERE, limit=50_000)
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="longer than"):
            client(lambda _: packed(gzip.compress(bytes(50_000_000)), "gzip")).get(HERE, limit=50_000)
        bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
        tracemalloc.reset_peak()
        with pytest.raises(FetchError, match="packed in a way that was not asked for"):
            client(lambda _: packed(bomb, "gzip, gzip")).get(HERE, limit=50_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("said", [{"Content-Length": "9" * 5_000}, {"ETag": "x" * 50_000}])
def test_headers_can_be_anything(said: dict[str, str]) -> None:
    """A size that no number holds is too long; what is longer than any sign of a version is none."""
    answer = replies(httpx.Response(200, headers=said, stream=httpx.ByteStream(b"x")))
    if "ETag" in said:
        assert Validators() == client(answer).get(HERE).validators
        return
    with pytest.raises(FetchError, match="is longer than"):
        client(answer).get(HERE)


def test_nothing_new_is_no_answer_to_who_has_nothing(tmp_path: Path) -> None:
    """304 counts only where it was asked whether something changed."""
    polite = client(lambda _: httpx.Response(304))
    with pytest.raises(FetchError, match="answered 304"):
        polite.get(HERE)
    with pytest.raises(FetchError, match="answered 304"):
        polite.download(HERE, tmp_path / "a", check=unchecked)
    assert not polite.get(HERE, known=Validators('"1"')).changed


@pytest.mark.parametrize("proxy", ["foo://x", "socks9://127.0.0.1:1"])
def test_a_proxy_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """The environment's proxy is used, so one that cannot be is told of."""
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(InputError, match="names a proxy that cannot be used"):
        Polite([HERE], Guest())


@pytest.mark.parametrize("origin", ["http://h:x/", "http://ø..dk/", "http://\u202e/"])
def test_an_origin_that_is_none_is_wrong_use(origin: str) -> None:
    """Names that no host can have."""
    with pytest.raises(UsageError, match="is no address"):
        Polite([origin], Guest())


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


def test_files_and_pages_are_counted_apart(tmp_path: Path) -> None:
    """Ten refused files in a row end the asking for files, and not for anything else at their host."""
    polite = client(lambda request: httpx.Response(403 if "file" in str(request.url) else 200))
    for number in range(12):
        with pytest.raises(FetchError, match="failed 10 times in a row" if number >= 10 else "refused"):
            polite.download(f"{HERE}file/{number}", tmp_path / "a", check=unchecked)
    assert polite.get(HERE).changed
    with pytest.raises(FetchError, match="failed 10 times in a row"):
        polite.download(f"{HERE}file/12", tmp_path / "a", check=unchecked)


PDF = b"%PDF-1.7\n" + b"x" * 99_999 + b"\nstartxref\n9\n%%EOF\r\n"
WORD = b"PK\x03\x04" + b"x" * 99_999 + b"PK\x05\x06" + bytes(18) + b"a comment" * 7_000
WEB = b"<!doctype html><p>" + b"x" * 99_999 + b"</HTML>\n<!-- 0.2 s -->"


@pytest.mark.parametrize(
    ("whole", "missing"), [(PDF, 5), (PDF, 50_000), (WORD, 64_000), (WORD, 100_000), (WEB, 20), (WEB, 90_000)]
)
def test_an_end_that_nothing_announces_is_the_files_own(tmp_path: Path, whole: bytes, missing: int) -> None:
    """A reply that ends with its connection is whole where PDF, Word or web page end; any other is asked for again."""

    def ending(data: bytes, **said: str) -> httpx.Response:
        return httpx.Response(200, headers=said, stream=httpx.ByteStream(data))

    cut, target = whole[:-missing], tmp_path / "a"
    polite = client(replies(ending(cut), ending(cut), ending(whole)))
    assert polite.download(HERE, target, check=unchecked).changed
    assert (3, whole) == (polite.requests, target.read_bytes())
    with pytest.raises(FetchError, match="the end of the file is missing"):
        client(lambda _: ending(cut)).download(HERE, target, check=unchecked)
    assert whole == target.read_bytes()
    for said in ({"Content-Length": str(len(cut))}, {"Transfer-Encoding": "chunked"}):
        client(lambda _, said=said: ending(cut, **said)).download(HERE, target, check=unchecked)  # type: ignore[misc]
        assert cut == target.read_bytes()


@pytest.mark.parametrize(("status", "requests"), [(202, 1), (405, 1), (503, 5)])
def test_a_page_with_any_status_is_checked_as_one(tmp_path: Path, status: int, requests: int) -> None:
    """Who wants a file is turned away by it; who wants a page is told the status."""

    def no_page(content_type: str, head: bytes) -> None:
        assert ("text/html", b"") == (content_type, head)
        raise TurnedAwayError("a web page")

    polite = client(lambda _: httpx.Response(status, html="<html>Are you a human?</html>"))
    with pytest.raises(TurnedAwayError):
        polite.download(HERE, tmp_path / "a", check=no_page)
    assert requests == polite.requests
    with pytest.raises(FetchError, match=f"answered {status}"):
        polite.download(HERE, tmp_path / "a", check=unchecked)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["ftp://data.example/x", "https://other.example/x", "data.example/x", "", "https://[x"])
def test_nothing_else_is_asked(url: str) -> None:
    """An address that is none of the origins' is refused before anybody is asked, in one line."""
    polite = client(replies(httpx.Response(200)))
    with pytest.raises(FetchError) as caught:
        polite.get(url)
    assert 0 == polite.requests
    assert "\n" not in str(caught.value)

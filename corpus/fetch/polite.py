"""Asking a server over HTTP as a guest: seldom, patiently, only where it was named, and never without limits."""

from __future__ import annotations

import importlib.metadata
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import httpx

from corpus.disk import MAX_BYTES, land, part_of
from corpus.errors import FetchError, InputError, TurnedAwayError

RATE = 5.0  # requests a second, at most
_TRIES = 5
_REDIRECTS = 5
_PATIENCE = 120.0  # seconds that are waited at a server's word
_SILENCE = 30.0  # seconds without a byte
_LONGEST = 300.0  # seconds for one reply
_PAGE_BYTES = 20_000_000
_GIVEN_UP_IN_A_ROW = 10  # addresses of one host; after that nobody is helped by asking on
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Validators(NamedTuple):
    """What a server said of the bytes it gave, by which it can later tell that they have not changed."""

    etag: str | None = None
    modified: str | None = None  # Last-Modified, as it was sent


class Reply(NamedTuple):
    """One reply: `body` is empty where the bytes went to a file, or where nothing has changed."""

    url: str
    changed: bool  # False for 304: what was kept is still right
    content_type: str  # "application/pdf", lower case, without parameters
    validators: Validators
    body: bytes = b""


@dataclass(frozen=True)
class Guest:
    """Who asks, and how: `contact` is where a server's owner can complain, `rate` in requests a second."""

    contact: str | None = None
    rate: float = RATE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    transport: httpx.BaseTransport | None = None  # other than the network

    @property
    def name(self) -> str:
        """The user agent: who this is, which version, and how to reach who runs it."""
        contact = self.contact or "no contact given"
        return f"spoergetime/{importlib.metadata.version('spoergetime')} ({contact})"


class Polite:
    """A client that asks nobody but the given origins, such as "https://oda.ft.dk"; a context manager.

    At most `guest.rate` requests a second; 429, 5xx and broken replies are asked for again, after as long as the server
    says or twice as long as the last time. Redirects within the origins are followed, as far as `permit` lets them: it
    raises for an address that may not be asked. Every failure is a `FetchError`.
    """

    def __init__(self, origins: Iterable[str], guest: Guest, permit: Callable[[str], None] = lambda _: None) -> None:
        self._permit = permit
        self._secure = {httpx.URL(origin).netloc: httpx.URL(origin).scheme == "https" for origin in origins}
        self._guest = guest
        self._next = 0.0
        self._given_up: Counter[bytes] = Counter()
        self.requests = 0
        self._client = httpx.Client(
            headers={"User-Agent": _header(guest.name)},
            timeout=httpx.Timeout(_SILENCE, connect=10.0),
            transport=guest.transport,
            follow_redirects=False,
        )

    def __enter__(self) -> Polite:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, url: str, *, accept: str = "*/*", known: Validators | None = None, limit: int = _PAGE_BYTES) -> Reply:
        """Give a reply with its body, at most `limit` bytes; unchanged and empty where `known` still holds."""
        body = bytearray()

        def read(response: httpx.Response) -> None:
            body.clear()
            for chunk in self._chunks(response, limit):
                body.extend(chunk)

        return self._asked(url, {"Accept": accept}, known, read)._replace(body=bytes(body))

    def download(
        self,
        url: str,
        target: Path,
        *,
        check: Callable[[str, bytes], None],
        accept: str = "*/*",
        known: Validators | None = None,
        limit: int = MAX_BYTES,
    ) -> Reply:
        """Bring a file to `target`: whole and synced under that name, or not at all.

        `check` gets the content type and the first 1,024 bytes, and raises where that is not what was asked for. With
        `known`, and a target that is there, nothing is transferred unless it has changed.
        """
        part = part_of(target)

        def read(response: httpx.Response) -> None:
            head = b""
            with part.open("wb") as file:
                for chunk in self._chunks(response, limit):
                    head += chunk[: 1024 - len(head)]
                    file.write(chunk)
            check(_content_type(response), head)
            land(part, target)

        # Nothing compressed: the size that is announced is then the size that comes.
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        try:
            return self._asked(url, headers, known if target.exists() else None, read)
        except OSError as error:
            raise InputError(f"{target} cannot be written: {error.strerror}. Make room, then fetch again") from error
        finally:
            part.unlink(missing_ok=True)

    def _asked(
        self, url: str, headers: dict[str, str], known: Validators | None, read: Callable[[httpx.Response], None]
    ) -> Reply:
        """Ask until there is an answer, at most `_TRIES` times; a host that gave none too often is not asked again."""
        address = self._allowed(url, url)
        host = address.netloc
        if self._given_up[host] >= _GIVEN_UP_IN_A_ROW:
            raise FetchError(
                f"{url}: not asked for, {host.decode()} failed {_GIVEN_UP_IN_A_ROW} times in a row. {_LATER}"
            )
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known else {}
        headers |= {name: _header(value) for name, value in conditions.items() if value}
        try:
            reply = self._persistently(address, headers, read)
        except FetchError as error:
            if not isinstance(error, GoneError):
                self._given_up[host] += 1
            raise
        self._given_up[host] = 0
        return reply

    def _persistently(
        self, address: httpx.URL, headers: dict[str, str], read: Callable[[httpx.Response], None]
    ) -> Reply:
        for attempt in range(1, _TRIES + 1):
            wait: float | None = None
            try:
                with self._followed(address, headers) as response:
                    if response.status_code not in _PASSING:
                        return self._reply(address, response, read)
                    reason = f"answered {response.status_code}"
                    wait = _retry_after(response)
            except httpx.RequestError as error:
                reason = f"gave no whole answer ({_why(error)})"
            if wait is not None and wait > _PATIENCE:
                raise FetchError(f"{address} {reason} and asks to wait {wait:.0f} s. Call again after that")
            if attempt < _TRIES:
                self._guest.sleep(2.0 ** (attempt - 1) if wait is None else wait)
        raise FetchError(f"{address} {reason}, {_TRIES} times. {_LATER}")

    def _reply(self, address: httpx.URL, response: httpx.Response, read: Callable[[httpx.Response], None]) -> Reply:
        status = response.status_code
        if status in (401, 403):
            raise TurnedAwayError(f"{address} is refused to programs (status {status})")
        if status in (404, 410):
            raise GoneError(f"{address} is not there (status {status})")
        if status not in (200, 304):
            raise FetchError(f"{address} answered {status}, which is no document. Open it in a browser to see why")
        if status == 200:
            read(response)
        validators = Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        return Reply(str(response.url), status == 200, _content_type(response), validators)

    @contextmanager
    def _followed(self, address: httpx.URL, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Give the response at the end of at most `_REDIRECTS` redirects within the origins."""
        for _ in range(_REDIRECTS + 1):
            self._permit(str(address))
            self._wait_for_turn()
            with self._client.stream("GET", address, headers=headers) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                address = self._allowed(response.headers["Location"], str(address))
        raise FetchError(f"{address} leads on and on, more than {_REDIRECTS} times. Open it in a browser to see why")

    def _allowed(self, url: str, asked: str) -> httpx.URL:
        """Give an address that may be asked, over TLS where its origin was named so."""
        try:
            address = httpx.URL(asked).join(url)
        except httpx.InvalidURL as error:
            raise FetchError(f"{url[:200]!r} is no address ({error})") from error
        secure = self._secure.get(address.netloc)
        if secure is None or address.scheme not in ("http", "https") or address.userinfo:
            named = ", ".join(sorted(netloc.decode() for netloc in self._secure))
            leads = "is not fetched" if url == asked else f"leads to {url[:200]!r}, which is not fetched"
            raise FetchError(f"{asked[:200]} {leads}: only {named} over http(s)")
        return address.copy_with(scheme="https") if secure else address

    def _wait_for_turn(self) -> None:
        now = self._guest.clock()
        if now < self._next:
            self._guest.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self._guest.rate
        self.requests += 1

    def _chunks(self, response: httpx.Response, limit: int) -> Iterator[bytes]:
        """Give the body piece by piece; raise `FetchError` where it is too long or takes too long."""
        began, size = self._guest.clock(), 0
        announced = response.headers.get("Content-Length", "")
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > limit or (announced.isdecimal() and int(announced) > limit):
                raise FetchError(f"{response.url} is longer than {limit:,} bytes and was left")
            if self._guest.clock() - began > _LONGEST:
                raise FetchError(f"{response.url} took longer than {_LONGEST:.0f} s and was left. {_LATER}")
            yield chunk


class GoneError(FetchError):
    """There is nothing at this address; its host is well."""


_LATER = "Call again later; what has come is kept"


def _content_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _header(value: str) -> str:
    """Give a value that fits a header: printable ASCII."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in value)


def _retry_after(response: httpx.Response) -> float | None:
    """Give the seconds that a server asks to wait, by number or by date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _why(error: httpx.RequestError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "time ran out"
    return " ".join(str(error).split())[:200] or type(error).__name__

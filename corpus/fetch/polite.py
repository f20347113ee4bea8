"""Asking a server over HTTP as a guest: seldom, patiently, only where it was named, and never without limits."""

from __future__ import annotations

import ssl
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import httpx

from corpus.disk import MAX_BYTES, land
from corpus.errors import FetchError, InputError, TurnedAwayError, UsageError
from corpus.fetch.guest import GIVEN_UP_IN_A_ROW, LATER, Guest, Turns, Watch, aside, plain
from corpus.signatures import TAIL, ends_whole

_TRIES = 5
_REDIRECTS = 5
_PATIENCE = 120.0  # seconds that are waited at a server's word
_SILENCE = 30.0  # seconds without a byte
_PAGE_BYTES = 20_000_000
_LONGEST_VALIDATOR = 1_000  # characters
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


class _Use(NamedTuple):
    """What is asked for, "body" or "file", and what is done with a reply that has it, and with one that is none."""

    what: str
    read: Callable[[httpx.Response], None]
    refuse: Callable[[httpx.Response], None] = lambda _: None


class Polite:
    """A client that asks nobody but the given origins, such as "https://oda.ft.dk"; a context manager.

    At most `guest.rate` requests a second; 429, 5xx and broken replies are asked for again, after as long as the server
    says or twice as long as the last time. Redirects within the origins are followed, as far as `permit` lets them: it
    raises for an address that may not be asked. Every failure is a `FetchError`.
    """

    def __init__(self, origins: Iterable[str], guest: Guest, permit: Callable[[str], None] = lambda _: None) -> None:
        self._permit, self._guest = permit, guest
        self._secure: dict[bytes, bool] = {}
        for origin in origins:
            try:
                url = httpx.URL(origin)
            except (httpx.InvalidURL, UnicodeError) as error:
                raise UsageError(f"{origin} is no address ({error}). Write it as https://oda.ft.dk/api/") from error
            self._secure[url.netloc] = url.scheme == "https" or self._secure.get(url.netloc, False)
        self._turns, self._watch = Turns(guest), Watch()
        self._given_up: Counter[tuple[bytes, str]] = Counter()  # files may be kept from programs where records are not
        try:
            self._client = httpx.Client(
                headers={"User-Agent": guest.name, "Accept-Encoding": "gzip"},
                timeout=httpx.Timeout(_SILENCE, connect=10.0),
                transport=guest.transport,
                verify=_trusted(),
                follow_redirects=False,
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            raise InputError(f"the environment names a proxy that cannot be used: {error}. Mend or unset it") from error

    def __enter__(self) -> Polite:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self._turns.taken

    def get(self, url: str, *, accept: str = "*/*", known: Validators | None = None, limit: int = _PAGE_BYTES) -> Reply:
        """Give a reply with its body, at most `limit` bytes; unchanged and empty where `known` still holds."""
        body = bytearray()

        def read(response: httpx.Response) -> None:
            body.clear()
            for chunk in _chunks(response, limit):
                body.extend(chunk)

        return self._asked(url, {"Accept": accept}, known, _Use("body", read))._replace(body=bytes(body))

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

        `check` gets the content type and the first 1,024 bytes, and raises where that is not what was asked for: if it
        raises `TurnedAwayError` for a web page, so does one with a status such as 405, or 503 to the last. Where
        nothing but the connection's end marks that of the file, the file's own end must be there. With `known`, and a
        target that is there, nothing is transferred unless it has changed.
        """
        with aside(target) as part:

            def read(response: httpx.Response) -> None:
                head = b""
                with part.open("w+b") as file:
                    for chunk in _chunks(response, limit):
                        head += chunk[: 1024 - len(head)]
                        file.write(chunk)
                    file.seek(max(0, file.tell() - TAIL))
                    tail = file.read()
                check(_content_type(response), head)
                if not (_ends_marked(response) or ends_whole(head, tail)):
                    raise httpx.RemoteProtocolError("the end of the file is missing")
                land(part, target)

            def refuse(response: httpx.Response) -> None:
                with suppress(NoDocumentError):
                    check(_content_type(response), b"")

            # Nothing compressed: the size that is announced is then the size that comes.
            headers = {"Accept": accept, "Accept-Encoding": "identity"}
            return self._asked(url, headers, known if target.exists() else None, _Use("file", read, refuse))

    def _asked(self, url: str, headers: dict[str, str], known: Validators | None, use: _Use) -> Reply:
        """Ask until there is an answer, at most `_TRIES` times; a host that gave none too often is not asked again."""
        address = self._allowed(url, url)
        host = address.netloc
        if self._given_up[host, use.what] >= GIVEN_UP_IN_A_ROW:
            raise FetchError(
                f"{address}: not asked for, {host.decode()} failed {GIVEN_UP_IN_A_ROW} times in a row. {LATER}"
            )
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.modified} if known else {}
        headers |= {name: plain(value) for name, value in conditions.items() if value}
        try:
            reply = self._persistently(address, headers, use)
        except FetchError as error:
            if not isinstance(error, NoDocumentError):
                self._given_up[host, use.what] += 1
            raise
        self._given_up[host, use.what] = 0
        return reply

    def _persistently(self, address: httpx.URL, headers: dict[str, str], use: _Use) -> Reply:
        for attempt in range(1, _TRIES + 1):
            wait: float | None = None
            try:
                with self._followed(address, headers) as response:
                    if response.status_code not in _PASSING:
                        return _reply(address, response, use)
                    reason = f"answered {response.status_code}"
                    wait = _retry_after(response)
                    if (attempt, response.status_code) == (_TRIES, 503) and not _is_empty(response):
                        use.refuse(response)
            except (httpx.RequestError, ValueError) as error:  # of a host or a header that cannot be one
                reason = f"gave no whole answer ({_why(error)})"
            if wait is not None and wait > _PATIENCE:
                raise FetchError(f"{address} {reason} and asks to wait {wait:.0f} s. Call again after that")
            if attempt < _TRIES:
                self._guest.sleep(max(2.0 ** (attempt - 1), wait or 0.0))
        raise FetchError(f"{address} {reason}, {_TRIES} times. {LATER}")

    @contextmanager
    def _followed(self, address: httpx.URL, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Give the response at the end of at most `_REDIRECTS` redirects within the origins."""
        for _ in range(_REDIRECTS + 1):
            self._permit(str(address))
            self._turns.wait()
            request = self._client.stream("GET", address, headers=headers, extensions={"trace": self._see})
            with self._watch.within(str(address)), request as response:
                if not response.has_redirect_location:
                    yield response
                    return
                address = self._allowed(response.headers["Location"], str(address))
        raise FetchError(f"{address} leads on and on, more than {_REDIRECTS} times. Open it in a browser to see why")

    def _allowed(self, url: str, asked: str) -> httpx.URL:
        """Give an address that may be asked, over TLS where its origin was named so."""
        try:
            address = httpx.URL(asked).join(url)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchError(f"{url[:200]!r} is no address ({error})") from error
        secure = self._secure.get(address.netloc)
        if secure is None or address.scheme not in ("http", "https") or address.userinfo:
            named = ", ".join(sorted(netloc.decode() for netloc in self._secure))
            kind, leads = FetchError, "is not fetched"
            if url != asked:
                kind, leads = TurnedAwayError, f"leads to {url[:200]!r}, which is not fetched"
            raise kind(f"{str(address if url == asked else asked)[:200]} {leads}: only {named} over http(s)")
        return address.copy_with(scheme="https") if secure else address

    def _see(self, event: str, info: Mapping[str, Any]) -> None:
        """Show the watch each connection as it is made."""
        made = info.get("return_value")
        if event.endswith(("connect_tcp.complete", "start_tls.complete")) and made is not None:
            self._watch.see(made.get_extra_info("socket"))


class NoDocumentError(FetchError):
    """At this address lies no document of the kind that was asked for; its host is well."""


class GoneError(NoDocumentError):
    """There is nothing at this address."""


def _reply(address: httpx.URL, response: httpx.Response, use: _Use) -> Reply:
    status = response.status_code
    if status in (401, 403):
        raise TurnedAwayError(f"{address} is refused to programs (status {status})")
    if status in (404, 410):
        raise GoneError(f"{address} is not there (status {status})")
    conditional = {"if-none-match", "if-modified-since"} & response.request.headers.keys()
    if status != 200 and not (status == 304 and conditional):
        use.refuse(response)
        raise FetchError(f"{address} answered {status}, which is no document. Open it in a browser to see why")
    if status == 200:
        use.read(response)
    said = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    validators = Validators(*(value if 0 < len(value) <= _LONGEST_VALIDATOR else None for value in said))
    return Reply(str(response.url), status == 200, _content_type(response), validators)


def _chunks(response: httpx.Response, limit: int) -> Iterator[bytes]:
    """Give the body piece by piece, unpacked; raise `NoDocumentError` where it is too long, and never hold much more.

    httpx would unpack whatever a server says is packed, each piece whole: a kilobyte can become gigabytes.
    """
    packing = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if packing not in ("identity", "gzip"):
        raise NoDocumentError(f"{response.url} comes packed in a way that was not asked for ({plain(packing)[:40]})")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16) if packing == "gzip" else None
    announced, size = response.headers.get("Content-Length", ""), 0
    too_long = announced.isdecimal() and (len(announced) > 15 or int(announced) > limit)
    stream = response.stream
    assert isinstance(stream, httpx.SyncByteStream)
    for raw in () if too_long else stream:
        try:
            chunk = unpacking.decompress(raw, limit + 1 - size) if unpacking else raw
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error
        size += len(chunk)
        if too_long := size > limit:
            break
        yield chunk
    if too_long:
        raise NoDocumentError(f"{response.url} is longer than {limit:,} bytes and was left")
    if unpacking and (not unpacking.eof or unpacking.unused_data):
        raise httpx.DecodingError("what is packed did not come whole")


def _ends_marked(response: httpx.Response) -> bool:
    """Tell whether a reply says where its body ends, otherwise than by the end of its connection."""
    return not {"content-length", "transfer-encoding"}.isdisjoint(response.headers.keys())


def _is_empty(response: httpx.Response) -> bool:
    length: str = response.headers.get("Content-Length", "")
    return length == "0"


@cache
def _trusted() -> ssl.SSLContext:
    """Read once whom TLS trusts; httpx would read it for each client and proxy."""
    return httpx.create_ssl_context()


def _content_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _retry_after(response: httpx.Response) -> float | None:
    """Give the seconds that a server asks to wait, by number or by a date, which counts in the server's own clock."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value[:9])
    until, now = (_moment(response.headers.get(name, "")) for name in ("Retry-After", "Date"))
    return None if until is None else until - (time.time() if now is None else now)


def _moment(written: str) -> float | None:
    try:
        return parsedate_to_datetime(written).timestamp()
    except (ValueError, OverflowError):
        return None


def _why(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "time ran out"
    return " ".join(str(error).split())[:200] or type(error).__name__

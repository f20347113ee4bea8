"""Fetching web pages that feeds and sitemaps list, press releases above all, from hosts that allow it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.robotparser import RobotFileParser

from corpus.errors import FetchError, UnreadableError
from corpus.fetch.feeds import MOST, Entry, Source, listing
from corpus.fetch.folder import Folder
from corpus.fetch.guest import Guest
from corpus.fetch.polite import GoneError, NoDocumentError, Polite, Validators
from corpus.fetch.report import Missing, Report, still_missing
from corpus.signatures import is_web_page

_ROBOT = "spoergetime"
_PAGE_BYTES = 10_000_000
_ROBOTS_BYTES = 500_000
_LONGEST_DELAY = 60.0  # seconds between two requests; who wants more does not want to be fetched
_SITEMAPS = 50  # within a sitemap of sitemaps
_NO_PAGES = frozenset(
    ".pdf .doc .docx .xls .xlsx .ppt .pptx .odt .zip .xml .json .csv .txt .ics "
    ".jpg .jpeg .png .gif .svg .webp .mp3 .mp4".split()
)
_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


def planned(sources: Iterable[Source]) -> Iterator[str]:
    """Give the addresses that `fetch_pages` asks for; what only a reply can tell stands in braces."""
    asked, ruled = list(sources), set[str]()
    for source in asked:
        for address in filter(None, source):
            if _origin(address) not in ruled:
                ruled.add(_origin(address))
                yield f"{_origin(address)}/robots.txt"
            if address == source.address:
                yield address
        yield f"{{each page that it lists}} on {source.pages or ', '.join(_origins(asked))}"


def fetch_pages(
    into: Path,
    sources: Iterable[Source],
    guest: Guest,
    *,
    limit: int | None = None,
    tell: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Bring the pages that feeds and sitemaps list into a folder, each with the title and the date that the feed gives.

    Only hosts that `sources` name are asked, and only for what their robots.txt allows. A page that lies there is asked
    for again when the feed gives it another date; one without a date is asked for each time, whether it has changed. A
    feed or page that cannot be had stops nothing.
    """
    asked = list(sources)
    folder = Folder(into)
    run = _Run(folder, guest, asked)
    with folder.locked(), run.polite:
        for source in asked:
            run.fetch_source(source, limit, tell)
        run.close()
    return run.report


class _Run:
    """One fetch, from the first robots.txt to the manifest."""

    def __init__(self, folder: Folder, guest: Guest, asked: list[Source]) -> None:
        self._folder, self._guest = folder, guest
        self._hosts = set(_origins(asked))
        self._robots: dict[str, RobotFileParser | FetchError] = {}
        self._asked_at: dict[str, float] = {}
        kept = folder.manifest().get("feeds")
        self._feeds: dict[str, Any] = kept if isinstance(kept, dict) else {}
        self._seen: set[str] = set()  # addresses of pages
        self._tried: set[str] = set()  # files and feeds
        self.polite = Polite(self._hosts, guest, self._permit)
        self.report = Report()

    def fetch_source(self, source: Source, limit: int | None, tell: Callable[[Report], None]) -> None:
        """Bring what a feed or sitemap lists."""
        for entry in map(self._secured, self._entries(source)):
            if entry.url in self._seen or not entry.url.startswith(source.pages or ""):
                continue
            if limit is not None and self.report.listed >= limit:
                return
            self._seen.add(entry.url)
            if PurePosixPath(urlsplit(entry.url).path).suffix.lower() in _NO_PAGES:
                self.report.unread += 1
                continue
            self.report.listed += 1
            name = name_of(entry.url)
            self._tried.add(name)
            try:
                self._page(entry, name)
            except FetchError as error:
                self.report.missing.append(Missing(name, entry.url, str(error)))
            tell(self.report)

    def _secured(self, entry: Entry) -> Entry:
        """Give a page's address over TLS where the user named its host so."""
        secure = "https" + entry.url.removeprefix("http")
        return entry._replace(url=secure) if entry.url.startswith("http:") and _origin(secure) in self._hosts else entry

    def close(self) -> None:
        """Write the manifest."""
        self.report.requests = self.polite.requests
        manifest = self._folder.manifest()
        still = still_missing(manifest.get("missing"), self._tried, self.report.missing)
        self._folder.keep({**manifest, "feeds": dict(sorted(self._feeds.items())), "missing": still})

    def _entries(self, source: Source) -> Iterator[Entry]:
        """Give the pages of a feed, or of a sitemap and those it names, in their order."""
        waiting, met = [source.address], {source.address}
        while waiting:
            address = waiting.pop(0)
            self._tried.add(address)
            try:
                entries, sitemaps = self._listing(address)
            except (FetchError, UnreadableError) as error:
                self.report.missing.append(Missing(address, address, str(error)))
                continue
            yield from entries
            new = [one for one in dict.fromkeys(sitemaps) if one not in met]
            if len(met) + len(new) > _SITEMAPS:
                self.report.notes.append(f"{address} names {len(new):,} sitemaps; the first {_SITEMAPS} are read")
            new = new[: _SITEMAPS - len(met)]
            met.update(new)
            waiting += new

    def _listing(self, address: str) -> tuple[list[Entry], list[str]]:
        """Give what a feed lists, as it was told last where nothing has changed since."""
        kept: Any = self._feeds.get(address)
        known: Validators | None
        try:
            known = Validators(kept["etag"], kept["modified"])
            entries, sitemaps = [Entry(*one) for one in kept["entries"]], list(kept["sitemaps"])
        except (KeyError, TypeError):
            known, entries, sitemaps = None, [], []
        self._check_robots(address)
        reply = self.polite.get(address, known=known, limit=MOST)
        if reply.changed:
            entries, sitemaps = listing(reply.body, reply.url)
            etag, modified = reply.validators
            self._feeds[address] = {"etag": etag, "modified": modified, "entries": entries, "sitemaps": sitemaps}
        return entries, sitemaps

    def _page(self, entry: Entry, name: str) -> None:
        held = self._folder.held(name)
        if held and entry.changed and held.updated == entry.changed:
            self.report.unchanged += 1
            return
        self._check_robots(entry.url)
        known = held.validators if held else None
        reply = self.polite.download(
            entry.url, self._folder.place(name), check=_check(entry.url), known=known, limit=_PAGE_BYTES
        )
        self.report.fetched += reply.changed
        self.report.unchanged += not reply.changed
        validators = reply.validators if reply.changed or known is None else known
        source = {"url": entry.url, "updated": entry.changed, **validators._asdict()}
        fields = {"title": entry.title, "date": entry.date, "url": entry.url}
        self._folder.describe(name, {key: value for key, value in fields.items() if value}, source)

    def _check_robots(self, url: str) -> None:
        """Raise `FetchError` where a host is none of the user's, or does not want the address to be fetched."""
        origin = _origin(url)
        if origin not in self._hosts:
            raise FetchError(f"{url} lies on a host that your file does not name. Add {origin}/ to its line")
        if origin not in self._robots:
            self._robots[origin] = _rules([])  # while it is asked for its rules
            self._robots[origin] = self._rules(origin)
        rules = self._robots[origin]
        if isinstance(rules, FetchError):
            raise rules
        if not rules.can_fetch(_ROBOT, url):
            raise FetchError(f"{url} is closed to programs by {origin}/robots.txt. Save the page in a browser")
        if _delay(rules) > _LONGEST_DELAY:
            wanted = f"{_delay(rules):,} s" if _delay(rules) < 10**6 else "weeks"
            raise FetchError(f"{origin}/robots.txt wants {wanted} between requests. Save the page in a browser")

    def _permit(self, url: str) -> None:
        """Wait as long as the host wishes, before each request; raise `FetchError` where one may not be made."""
        self._check_robots(url)
        origin = _origin(url)
        rules = self._robots[origin]
        if isinstance(rules, RobotFileParser) and (delay := _delay(rules)):
            wait = self._asked_at.get(origin, -delay) + delay - self._guest.clock()
            if wait > 0:
                self._guest.sleep(wait)
            self._asked_at[origin] = self._guest.clock()

    def _rules(self, origin: str) -> RobotFileParser | FetchError:
        """Read a host's robots.txt: none allows everything, and one that cannot be had allows nothing."""
        try:
            body = self.polite.get(f"{origin}/robots.txt", limit=_ROBOTS_BYTES).body
        except GoneError:
            body = b""
        except FetchError as error:
            return FetchError(f"{origin} is not fetched, for its robots.txt cannot be had: {error}")
        try:
            return _rules(body.decode("utf-8-sig", "replace").splitlines())
        except ValueError as error:  # Python's reader takes every number and address for one
            return FetchError(f"{origin} is not fetched, for its robots.txt is damaged: {error}")


def _rules(lines: list[str]) -> RobotFileParser:
    rules = RobotFileParser()
    rules.parse(lines)
    return rules


def _delay(rules: RobotFileParser) -> int:
    """Give the seconds between two requests that a robots.txt asks for."""
    return int(rules.crawl_delay(_ROBOT) or 0)


def name_of(url: str) -> str:
    """Name a page's file by its address: host, the last word of the path in plain letters, and a hash."""
    parts = urlsplit(url)
    last = PurePosixPath(unquote(parts.path)).stem
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    return f"{_plain(parts.netloc, 100) or 'host'}/{_plain(last, 60) or 'side'}-{digest}.html"


def _plain(words: str, longest: int) -> str:
    """Give words in letters that any disk takes."""
    letters = unicodedata.normalize("NFC", words).lower().translate(_DANISH)
    return re.sub(r"[^a-z0-9]+", "-", letters)[:longest].strip("-")


def _origins(sources: Iterable[Source]) -> list[str]:
    """Give the hosts that a user's file names, as addresses without a path."""
    named = (address for source in sources for address in source if address)
    return list(dict.fromkeys(map(_origin, named)))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _check(url: str) -> Callable[[str, bytes], None]:
    """Give what refuses anything but a web page."""

    def refuse(content_type: str, head: bytes) -> None:
        if not is_web_page(head) and content_type not in ("text/html", "application/xhtml+xml"):
            raise NoDocumentError(f"{url} is no web page ({content_type or 'unknown type'}). Fetch it in a browser")

    return refuse

"""What feeds (RSS, Atom) and sitemaps say of the pages they list, and the user's own file of their addresses."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterator
from datetime import datetime, tzinfo
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from corpus.errors import InputError, UnreadableError
from corpus.xmltree import text_of, tree

MOST = 10_000_000  # bytes of a feed or sitemap, also unpacked
_ENTRIES = 10_000  # of one feed or sitemap
_LONGEST = 2_000  # characters of a title or an address
_LONGEST_TIME = 200  # characters
_TAG = re.compile(r"<[^<>]{0,500}>")


class Source(NamedTuple):
    """A line of the user's file: a feed or sitemap, and what the addresses of its pages must begin with."""

    address: str
    pages: str | None = None


class Entry(NamedTuple):
    """A page as a feed lists it; `changed` is whatever the feed says of when, as it says it."""

    url: str
    title: str | None = None
    date: str | None = None  # of publication, YYYY-MM-DD in Denmark
    changed: str = ""


class Listing(NamedTuple):
    """What a feed or sitemap holds: pages, or other sitemaps."""

    entries: list[Entry]
    sitemaps: list[str]


def sources(path: Path) -> list[Source]:
    """Read the user's file: an address a line, then perhaps what its pages begin with; `#` begins a comment.

    Raises `InputError` with the line that is no address.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}. Give a text file with an address on each line") from error
    found: list[Source] = []
    for number, line in enumerate(lines, 1):
        words = re.sub(r"(?:^|\s)#.*", "", line).split()
        if len(words) > 2 or not all(map(_is_address, words)):
            raise InputError(
                f"{path}, line {number}: no address. Write https://HOST/FEED, and perhaps what its pages begin with"
            )
        if words:
            found.append(Source(*words))
    if not found:
        raise InputError(f"{path} names no feed or sitemap. Write an address on each line")
    return list(dict.fromkeys(found))


def listing(data: bytes, address: str) -> Listing:
    """Read a feed or a sitemap, packed or not; raise `UnreadableError` where it is neither."""
    root = tree(_unpacked(data))
    if root.tag == "sitemapindex":
        named = (_joined(address, text_of(one.find("loc")) or "") for one in root.iter("sitemap"))
        return Listing([], list(filter(None, named))[:_ENTRIES])
    read = {"rss": _rss, "RDF": _rss, "feed": _atom, "urlset": _sitemap}.get(root.tag)
    if read is None:
        raise UnreadableError(f"this is neither a feed nor a sitemap, but <{root.tag[:40]}>. Check the address")
    entries: dict[str, Entry] = {}
    for entry in read(root):
        if url := _joined(address, entry.url):
            entries.setdefault(url, entry._replace(url=url, changed=entry.changed[:_LONGEST_TIME]))
    return Listing(list(entries.values())[:_ENTRIES], [])


def _rss(root: Element) -> Iterator[Entry]:
    for item in root.iter("item"):
        guid = item.find("guid")
        named = text_of(guid) if guid is not None and guid.get("isPermaLink", "true") == "true" else None
        url, when = text_of(item.find("link")) or named, text_of(item.find("pubDate")) or text_of(item.find("date"))
        if url:
            yield Entry(url, _title(text_of(item.find("title"))), _day(when), when or "")


def _atom(root: Element) -> Iterator[Entry]:
    for item in root.iter("entry"):
        links = [link for link in item.iter("link") if link.get("rel", "alternate") == "alternate"]
        published, updated = text_of(item.find("published")), text_of(item.find("updated"))
        if links and (url := links[0].get("href")):
            yield Entry(url, _title(text_of(item.find("title"))), _day(published), updated or published or "")


def _sitemap(root: Element) -> Iterator[Entry]:
    """Give the pages; when one was changed is not when it was published, which only a sitemap of news says."""
    for item in root.iter("url"):
        news, changed = item.find("news"), text_of(item.find("lastmod"))
        title, published = (
            (text_of(news.find(name)) for name in ("title", "publication_date")) if news is not None else (None, None)
        )
        if url := text_of(item.find("loc")):
            yield Entry(url, _title(title), _day(published), changed or published or "")


def _title(written: str | None) -> str | None:
    """Give a title without the markup that some feeds put into it; None where nothing printable is left."""
    plain = " ".join(html.unescape(_TAG.sub(" ", html.unescape(written or ""))).split())
    return "".join(filter(str.isprintable, plain))[:_LONGEST].strip() or None


def _day(written: str | None) -> str | None:
    """Give the day in Denmark of a time as feeds write it; None where it is none."""
    if not written:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(written)
            return (moment.astimezone(_DENMARK) if _DENMARK and moment.tzinfo else moment).date().isoformat()
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _denmark() -> tzinfo | None:
    """Give Danish time, or None on a machine that has no time zones; a day is then the one that the feed names."""
    try:
        return ZoneInfo("Europe/Copenhagen")
    except (ZoneInfoNotFoundError, OSError):
        return None


_DENMARK = _denmark()


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        unpacked = unpacking.decompress(data, MOST)
    except zlib.error as error:
        raise UnreadableError(f"the sitemap is packed and damaged ({error}). Call again later") from error
    if not unpacking.eof:
        raise UnreadableError(f"the sitemap unpacks to more than {MOST:,} bytes, or is damaged. Name another one")
    return unpacked


def _joined(base: str, url: str) -> str | None:
    """Give an address as it counts from another, without its fragment; None where it is none."""
    try:
        joined = urldefrag(urljoin(base, url)).url
    except ValueError:
        return None
    return joined if _is_address(joined) else None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return named and len(url) <= _LONGEST and url.isprintable() and " " not in url

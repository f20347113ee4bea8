"""What `spoergetime fetch` can fetch: answers, debates or web pages; each with its requests and its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from corpus.errors import UsageError

if TYPE_CHECKING:
    from corpus.fetch.guest import Guest
    from corpus.fetch.report import Report
    from corpus.fetch.scope import Scope

Tell = Callable[["Report"], None]


class Plan(NamedTuple):
    """What is to be fetched, the requests that this takes, and what makes them."""

    what: str
    requests: Iterator[str]
    run: Callable[[Tell], Report]


def answers(
    into: Path,
    guest: Guest,
    scope: Scope,
    *,
    service: str | None,
    files: str | None,
    changed: bool,
    limit: int | None,
    by_hand: Path | None,
) -> Plan:
    """Fetch answers from the Folketing's open data."""
    from corpus.fetch.oda import FILES, SERVICE
    from corpus.fetch.run import Source, fetch, planned

    source = Source(
        guest=guest, service=_folder("--service", service or SERVICE), files=_folder("--files", files or FILES)
    )
    today = date.today()
    return Plan(
        "answers",
        planned(into, scope, source, today=today, changed=changed, by_hand=by_hand is not None),
        lambda tell: fetch(into, scope, source, today=today, changed=changed, limit=limit, by_hand=by_hand, tell=tell),
    )


def debates(into: Path, guest: Guest, *, ftp: str | None, session: str | None, limit: int | None) -> Plan:
    """Fetch the records of debates from the Folketing's FTP folder."""
    from corpus.fetch.debates import SERVICE, fetch_debates, planned

    service, today = ftp or SERVICE, date.today()
    return Plan(
        "debates",
        planned(service, guest, session),
        lambda tell: fetch_debates(into, service, guest, today=today, session=session, limit=limit, tell=tell),
    )


def pages(into: Path, guest: Guest, feeds: Path, *, limit: int | None) -> Plan:
    """Fetch the pages that the feeds and sitemaps of a file list."""
    from corpus.fetch.feeds import sources
    from corpus.fetch.press import fetch_pages, planned

    named = sources(feeds)
    return Plan("pages", planned(named), lambda tell: fetch_pages(into, named, guest, limit=limit, tell=tell))


def refuse(what: str, options: Mapping[str, object]) -> None:
    """Raise `UsageError` for the first option that is given and means nothing here."""
    for option, value in options.items():
        if value:
            raise UsageError(f"{option} means nothing with {what}. Leave it out")


def _folder(option: str, address: str) -> str:
    """Give an address that others can be put behind."""
    try:
        parts = urlsplit(address)
        named = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        named = False
    if not named:
        raise UsageError(f"{option} {address} is no address. Write it as https://oda.ft.dk/api/")
    return address if address.endswith("/") else address + "/"

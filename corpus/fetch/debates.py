"""Fetching the records of debates from the Folketing's open FTP folder: those that are new or changed there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from corpus.errors import FetchError, TurnedAwayError, UsageError
from corpus.fetch.folder import Folder
from corpus.fetch.ftp import Ftp, Listed
from corpus.fetch.guest import Guest
from corpus.fetch.report import Missing, Report, still_missing
from corpus.signatures import is_web_page

SERVICE = "ftp://oda.ft.dk/ODAXML/Referat/samling/"

_SESSION = re.compile(r"\d{4}[1-9]")
_RECORD = "*_helemoedet.xml"


def planned(service: str, guest: Guest, session: str | None) -> Iterator[str]:
    """Give the addresses that `fetch_debates` asks for, in order; what only a reply can tell stands in braces."""
    ftp = Ftp(service, guest)
    if session is None:
        yield ftp.address()
    shown = session or "{each session of the year}"
    yield ftp.address(shown, "")
    yield ftp.address(shown, f"{shown if session else '{session}'}_M{{number}}_helemoedet.xml")


def fetch_debates(
    into: Path,
    service: str,
    guest: Guest,
    *,
    today: date,
    session: str | None = None,
    limit: int | None = None,
    tell: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Bring the records of a session's meetings into a folder; without a session, those of the running year's.

    What lies there with the size and the time that the server lists is left alone. A record that cannot be had stops
    nothing; where the server itself gives out, the report says why, and the next call goes on from what has come.
    """
    if session is not None and not _SESSION.fullmatch(session):
        raise UsageError(f"--session {session} is no session. Write year and number: 20231 is 2023-24, 1. samling")
    folder = Folder(into)
    with Ftp(service, guest) as ftp, folder.locked():
        run = _Run(ftp, folder)
        try:
            for one in [session] if session else _running(ftp, today):
                run.fetch_session(one, limit, tell)
        except FetchError as error:
            run.report.stopped = str(error)
        run.close()
    return run.report


def _running(ftp: Ftp, today: date) -> list[str]:
    """Give the sessions of the parliamentary year, which begins in October."""
    year = str(today.year - (today.month < 10))
    sessions = sorted(name for name in ftp.names() if _SESSION.fullmatch(name) and name[:4] == year)
    if not sessions:
        raise FetchError(f"{ftp.address()} has no session of {year}. Name one with --session, such as {year}1")
    return sessions


class _Run:
    """One fetch, from the first list to the manifest."""

    def __init__(self, ftp: Ftp, folder: Folder) -> None:
        self._ftp, self._folder = ftp, folder
        self._tried: set[str] = set()
        self.report = Report()

    def fetch_session(self, session: str, limit: int | None, tell: Callable[[Report], None]) -> None:
        """Bring what is new or changed of a session; names that are no record's are left alone."""
        named = re.compile(rf"{session}_M\d{{1,4}}_helemoedet\.xml")
        report, told_of = self.report, set[str]()

        def lost(record: str, error: FetchError) -> None:
            name = f"{session}/{record}"
            self._tried.add(name)
            told_of.add(name)
            report.missing.append(Missing(name, self._ftp.address(session, record), str(error)))

        records = sorted(self._ftp.files(session, lambda name: named.fullmatch(name) is not None, lost), key=_number)
        told_of.update(f"{session}/{listed.name}" for listed in records)
        if not told_of:
            report.notes.append(f"{self._ftp.address(session)} lists no record of a meeting")
        for listed in records[: None if limit is None else max(0, limit - report.listed)]:
            name = f"{session}/{listed.name}"
            report.listed += 1
            self._tried.add(name)
            try:
                self._fetch(session, listed, name, self._ftp.address(session, listed.name))
            except FetchError as error:
                lost(listed.name, error)
            tell(report)
        lying = {f"{session}/{name}" for name in self._folder.names(session, _RECORD)}
        report.gone += sorted(lying - told_of)

    def close(self) -> None:
        """Write the manifest."""
        self.report.requests = self._ftp.requests
        manifest = self._folder.manifest()
        still = still_missing(manifest.get("missing"), self._tried, self.report.missing)
        self._folder.keep({**manifest, "missing": still})

    def _fetch(self, session: str, listed: Listed, name: str, url: str) -> None:
        place, held = self._folder.place(name), self._folder.held(name)
        if held and (held.updated, place.stat().st_size) == (listed.modified, listed.size):
            self.report.unchanged += 1
            return
        self._ftp.download(session, listed, place, _check(url))
        self.report.fetched += 1
        self._folder.describe(name, {}, {"url": url, "updated": listed.modified})


def _check(url: str) -> Callable[[bytes], None]:
    """Give what refuses a file whose first bytes are not those of XML."""

    def refuse(head: bytes) -> None:
        if is_web_page(head):
            raise TurnedAwayError(f"{url} is a web page in place of the record. Call again later")
        if b"<" not in head[:4]:
            raise FetchError(f"{url} is no XML. Call again later")

    return refuse


def _number(listed: Listed) -> int:
    return int(listed.name.split("_M")[1].split("_")[0])

"""Fetching answers from the Folketing's open data into a folder: what is new or changed, each file with its record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from corpus.disk import read_regular, write_whole
from corpus.errors import FetchError, InputError, TurnedAwayError, UnreadableError
from corpus.fetch.answers import EXPAND, Answer, Answers, File
from corpus.fetch.by_hand import Downloads
from corpus.fetch.conditions import Condition, midnight, time_of
from corpus.fetch.folder import Folder, Held
from corpus.fetch.guest import Guest
from corpus.fetch.oda import FILES, NAMED, SERVICE, Oda, address, of_copy
from corpus.fetch.people import LINKS
from corpus.fetch.polite import NoDocumentError, Polite, Validators
from corpus.fetch.report import Missing, Report, still_missing
from corpus.fetch.scope import ANSWER, Scope, answer_types
from corpus.signatures import is_web_page

_NAMED = 40  # committees
_OVERLAP = timedelta(days=1)  # asked for again, for records may change while they are listed
_FIRST = datetime(1953, 6, 5)
_THESE = Condition("(id eq {id} or id eq {id} ...)", lambda _: True)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who asks, and the only two places that are asked: the open data, and the host of the files."""

    guest: Guest
    service: str = SERVICE
    files: str = FILES


def planned(
    into: Path, scope: Scope, source: Source, *, today: date, changed: bool = False, by_hand: bool = False
) -> Iterator[str]:
    """Give the addresses that `fetch` asks for, in order; what only a reply can tell stands in braces."""
    mark = _marks(Folder(into)).get(scope.key) if changed else None
    yield f"{source.service}$metadata"
    for table in NAMED:
        yield address(source.service, table)
    yield address(source.service, "Dokument", scope.condition(today, [ANSWER], mark), EXPAND)
    for entity, expand in (("Sag", ("SagAktør",)), ("Aktør", LINKS)):
        yield address(source.service, entity, _THESE, expand)
    if not by_hand:
        yield f"{{Fil.filurl of each answer}} on {source.files}"
    yield "{odata.nextLink}, and then again cases, actors and files, until there is none"


def fetch(
    into: Path,
    scope: Scope,
    source: Source,
    *,
    today: date,
    changed: bool = False,
    limit: int | None = None,
    by_hand: Path | None = None,
    tell: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Bring the answers of a scope into a folder, and report what came, what was there, and what is missing.

    `changed` asks only for records that changed since the last whole fetch of the same scope, `limit` for so many
    answers; with `by_hand` files come from that folder and from nowhere else. A file that cannot be had stops nothing;
    where the open data itself gives out, the report says why, and the next call goes on from what has come.
    """
    if by_hand and not by_hand.is_dir():
        raise InputError(f"no such folder: {by_hand}. Name the one with the downloaded files")
    folder = Folder(into)
    with folder.locked(), Polite((source.service, source.files), source.guest) as polite:
        run = _Run(folder, polite, Oda(polite, source.service), source.files, today)
        try:
            listed = run.answers(scope, changed=changed, limit=limit)
            if by_hand:
                known = list(listed)
                downloads = Downloads(by_hand, known)
                run.report.notes += downloads.notes
                run.land(known, downloads, tell)
            else:
                run.land(listed, None, tell)
        except FetchError as error:
            run.report.stopped = str(error)
        run.close(scope, whole=run.report.stopped is None and limit is None, full=not changed)
    return run.report


class _Run:
    """One fetch, from the schema to the manifest."""

    def __init__(self, folder: Folder, polite: Polite, oda: Oda, files: str, today: date) -> None:
        self._folder, self._polite, self._oda, self._files, self._today = folder, polite, oda, files, today
        self.report = Report()
        self._newest = ""  # of all records that were listed, the last to change
        self._unmet: list[str] = []  # when the records of missing files changed
        self._named: set[str] = set()  # files

    def answers(self, scope: Scope, *, changed: bool, limit: int | None) -> Iterator[Answer]:
        """Check the service, read its tables, and give the answers of a scope, at most `limit`."""
        self._oda.guard()
        tables = self._oda.tables()
        scope.check(list(tables.cases.values()), list(tables.sessions.values()))
        mark = _marks(self._folder).get(scope.key) if changed else None
        where = scope.condition(self._today, answer_types(tables.documents), mark)
        answers = Answers(self._oda, tables, self._files)
        for page in self._oda.rows("Dokument", where, EXPAND):
            self._newest = max([self._newest, *(time_of(row, "opdateringsdato") or "" for row in page)])
            for answer in answers.within(page, scope):
                if self.report.listed == limit:
                    return
                self.report.listed += 1
                self.report.unread += answer.unread
                self.report.without_files += not answer.files
                yield answer
        if answers.without_case:
            self.report.notes.append(f"{answers.without_case:,} answers belong to no case, and were left out")
        if scope.committee and not self.report.listed and answers.committees:
            found = ", ".join(sorted(answers.committees)[:_NAMED])
            self.report.notes.append(f"none is of the committee {scope.committee}; there are answers of {found}")

    def land(self, answers: Iterable[Answer], downloads: Downloads | None, tell: Callable[[Report], None]) -> None:
        """Bring every file of the answers into the folder, each with its sidecar."""
        for answer in answers:
            for file in answer.files:
                self._named.add(file.name)
                try:
                    self._file(answer, file, downloads)
                except (FetchError, UnreadableError) as error:
                    self.report.missing.append(Missing(file.name, file.url, str(error)))
                    self.report.turned_away += isinstance(error, TurnedAwayError)
                    self._unmet.append(answer.updated)
            tell(self.report)

    def _file(self, answer: Answer, file: File, downloads: Downloads | None) -> None:
        held, url = self._folder.held(file.name), of_copy(self._files, FILES, file.url)
        if held and held.updated and held.updated == file.updated:
            self.report.unchanged += 1
        elif downloads:
            self._link(downloads.find(answer, file), file)
            held = Held(file.updated, url, Validators(), True)
        else:
            place = self._folder.place(file.name)
            known = held.validators if held and held.url == url else None  # they say nothing of another address
            reply = self._polite.download(url, place, check=_check(url), known=known)
            self.report.fetched += reply.changed
            self.report.unchanged += not reply.changed
            held = Held(file.updated, url, reply.validators if reply.changed or not known else known, False)
        source: dict[str, Any] = {
            "url": held.url,
            "document": answer.id,
            "question": answer.question,
            "case": answer.case,
            "file": file.id,
            "updated": held.updated,
            "etag": held.validators.etag,
            "modified": held.validators.modified,
            "by_hand": held.by_hand or None,
        }
        self._folder.describe(file.name, {**answer.fields, "url": file.url}, source)

    def _link(self, path: Path | None, file: File) -> None:
        if path is None:
            raise FetchError("it is not among the downloaded files")
        data = read_regular(path.parent, path)
        _check(str(path))("", data[:1024])
        write_whole(self._folder.place(file.name), data)
        self.report.linked += 1

    def close(self, scope: Scope, *, whole: bool, full: bool) -> None:
        """Write the manifest: how far the scope is known, and which files are missing."""
        report, manifest = self.report, self._folder.manifest()
        report.notes += self._oda.notes
        report.requests = self._polite.requests
        marks = _marks(self._folder)
        if whole and self._newest:
            tomorrow = midnight(self._today + timedelta(days=1))  # a record from the future hides none that come
            newest = datetime.fromisoformat(min([self._newest, tomorrow, *filter(None, self._unmet)])[:19])
            marks[scope.key] = (max(newest, _FIRST) - _OVERLAP).isoformat()
        still = still_missing(manifest.get("missing"), self._named, report.missing)
        if whole and full and scope == Scope(session=scope.session) and scope.session:
            lying = {f"{scope.session}/{name}" for name in self._folder.names(scope.session, "svar-*")}
            report.gone = sorted(lying - self._named)
        self._folder.keep({**manifest, "marks": dict(sorted(marks.items())), "missing": still})


def _marks(folder: Folder) -> dict[str, str]:
    """Give, for each scope that was fetched whole, since when records are to be asked for."""
    marks = folder.manifest().get("marks")
    found = marks.items() if isinstance(marks, dict) else ()
    return {key: mark for key, mark in found if time_of({"mark": mark}, "mark")}


def _check(where: str) -> Callable[[str, bytes], None]:
    """Give what refuses a file that is neither PDF nor Word by its first bytes."""

    def refuse(content_type: str, head: bytes) -> None:
        if head.lstrip().startswith(b"%PDF-") or head.startswith(b"PK\x03\x04"):
            return
        if content_type in ("text/html", "application/xhtml+xml") or is_web_page(head):
            raise TurnedAwayError(f"{where} is a web page in place of the document, as from a bot filter")
        raise NoDocumentError(f"{where} is neither PDF nor Word ({content_type or 'unknown type'})")

    return refuse

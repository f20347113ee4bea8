"""The Folketing's open data (OData 3): pages of rows, each row checked, and the small tables of names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, urljoin

from corpus.errors import FetchError
from corpus.fetch.conditions import Condition, Row, number_of, one_of, rows_of, text_of
from corpus.fetch.polite import Polite
from corpus.fetch.schema import missing

SERVICE = "https://oda.ft.dk/api/"
FILES = "https://www.ft.dk/"
PUBLIC = "O"  # offentlighedskode

_TOGETHER = 15  # ids in one condition: such services allow a hundred parts of an expression
_UNASKED = 1_000  # rows that meet no condition, after which the service must be ignoring it
_PAGES = 10_000
_TRIES = 3


class Tables(NamedTuple):
    """The service's own names for its numbers; a number that it does not name has none here."""

    sessions: dict[int, str]  # Periode: "20231"
    cases: dict[int, str]  # Sagstype
    documents: dict[int, str]  # Dokumenttype
    categories: dict[int, str]  # Dokumentkategori
    actors: dict[int, str]  # Aktørtype
    case_roles: dict[int, str]  # SagAktørRolle
    document_roles: dict[int, str]  # DokumentAktørRolle


NAMED = {
    "Periode": "kode",
    "Sagstype": "type",
    "Dokumenttype": "type",
    "Dokumentkategori": "kategori",
    "Aktørtype": "type",
    "SagAktørRolle": "rolle",
    "DokumentAktørRolle": "rolle",
}
"""The tables of `Tables`, in its order, and the field that holds the name."""


def address(service: str, entity: str, where: Condition | None = None, expand: Sequence[str] = ()) -> str:
    """Give the address of an entity set's rows, in the order of their ids and with their count."""
    options = {
        "filter": where.asked if where else "",
        "expand": ",".join(expand),
        "orderby": "id",
        "inlinecount": "allpages",
    }
    asked = "&".join(f"%24{name}={quote(value, safe=_READABLE)}" for name, value in options.items() if value)
    return f"{service}{quote(entity)}?{asked}"


_READABLE = "',()/:{}"


def of_copy(copy: str, own: str, url: str) -> str:
    """Give an address on the Folketing's `own` host as that on a copy of it; any other is left."""
    return re.sub(rf"\Ahttps?{re.escape(own.removeprefix('https'))}", lambda _: copy, url, flags=re.IGNORECASE)


def _next(service: str, url: str, following: str | None) -> str | None:
    try:
        return urljoin(url, of_copy(service, SERVICE, following)) if following else None
    except ValueError as error:
        raise FetchError(f"{url} names a next page that is no address ({error}). Call again later") from error


class Oda:
    """The open data at one address; what could not be made use of is told in `notes`."""

    def __init__(self, polite: Polite, service: str = SERVICE) -> None:
        self._polite, self._service = polite, service
        self.notes: list[str] = []

    def guard(self) -> None:
        """Raise `FetchError` that names what the service lacks of what the connector relies on."""
        url = f"{self._service}$metadata"
        lacking = missing(self._polite.get(url, accept="application/xml").body, url)
        if lacking:
            raise FetchError(
                f"the open data has changed: {url} has no {', '.join(lacking)}, which the connector relies on. "
                "Nothing was fetched; a newer spoergetime may know the new form"
            )

    def tables(self) -> Tables:
        """Read the small tables."""
        return Tables(*(self._table(entity, field) for entity, field in NAMED.items()))

    def rows(self, entity: str, where: Condition | None = None, expand: Sequence[str] = ()) -> Iterator[list[Row]]:
        """Give the rows that meet a condition, page by page, each row once.

        Raises `FetchError` where a page cannot be had, or where the service gives a thousand rows that do not meet it.
        """
        url: str | None = address(self._service, entity, where, expand)
        asked: set[str] = set()
        seen: set[int] = set()
        announced, received, unasked = None, 0, 0
        while url:
            if url in asked or len(asked) >= _PAGES:
                raise FetchError(f"{url} leads round in a circle. Call again later")
            asked.add(url)
            rows, following, count = self._page(url)
            url = _next(self._service, url, following)
            announced = announced if count is None else count
            received += len(rows)
            kept: list[Row] = []
            for row in rows:
                id_ = number_of(row, "id")
                if id_ is None or (where and not where.holds(row)):
                    unasked += 1
                elif id_ not in seen:
                    seen.add(id_)
                    kept.append(row)
            if unasked >= _UNASKED:
                raise FetchError(
                    f"the service gives {unasked:,} rows of {entity} that were not asked for; "
                    f"it seems to ignore a part of: {where.asked if where else 'the question'}"
                )
            yield kept
        if announced is not None and received != announced:
            self.notes.append(f"{entity}: {announced:,} rows were announced and {received:,} came. Fetch again")
        if unasked:
            self.notes.append(f"{entity}: {unasked:,} rows came that were not asked for, and were left out")

    def by_id(self, entity: str, ids: Iterable[int], expand: Sequence[str] = ()) -> Iterator[Row]:
        """Give the rows with these ids."""
        wanted = sorted(set(ids))
        for at in range(0, len(wanted), _TOGETHER):
            for page in self.rows(entity, one_of("id", wanted[at : at + _TOGETHER]), expand):
                yield from page

    def _table(self, entity: str, field: str) -> dict[int, str]:
        return {row["id"]: name for page in self.rows(entity) for row in page if (name := text_of(row, field))}

    def _page(self, url: str) -> tuple[list[Row], str | None, int | None]:
        """Give the rows of one page, the address of the next, and how many rows there are in all, if that is said."""
        for _ in range(_TRIES):
            reply = self._polite.get(url, accept="application/json")
            try:
                page = json.loads(reply.body)
            except (ValueError, RecursionError):
                continue
            if isinstance(page, dict) and isinstance(page.get("value"), list):
                following, count = text_of(page, "odata.nextLink"), str(page.get("odata.count"))
                return rows_of(page, "value"), following, int(count) if re.fullmatch(r"\d{1,9}", count) else None
        came = reply.content_type or "no type"
        raise FetchError(f"{url} gives no rows as JSON, {_TRIES} times ({came} came). Call again later")

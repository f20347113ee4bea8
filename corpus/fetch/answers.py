"""From the rows of an answer to what its sidecar says: the question, who asked, who answered, and its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit

from corpus.danish import minister_title, ministry_name
from corpus.fetch.conditions import Row, number_of, rows_of, text_of, time_of
from corpus.fetch.oda import PUBLIC, Oda, Tables
from corpus.fetch.people import COMMITTEE, MINISTRY, PERSON, TITLE, Actor, Part, People
from corpus.fetch.scope import SESSION, Scope, is_general, is_own
from corpus.letter_headings import status_of

EXPAND = ("Fil", "DokumentAktør", "SagDokument", "SpørgsmålsDokument/DokumentAktør", "SpørgsmålsDokument/SagDokument")
"""What is asked for together with an answer; the service expands two levels deep."""

_READ = {".pdf": "pdf", ".docx": "word"}
_VARIANTS = frozenset("PO")  # as PDF; as it was sent
_LONGEST = 2_000  # characters of a field
Picked = TypeVar("Picked")
_NUMBER = re.compile(r"\bsp(?:m|ørgsmål)\.?\s(?:nr\.?\s)?(\d{1,5})\b", re.IGNORECASE)


class File(NamedTuple):
    """One file of an answer: where it is to lie, where it comes from, and when the service last changed its record."""

    name: str  # "20231/svar-1102491-pdf-1320529.pdf"
    url: str
    id: int
    updated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer in the open data: `fields` are those of a sidecar, without the ones that nobody states."""

    id: int
    case: int
    question: int | None
    updated: str
    fields: dict[str, str]
    files: tuple[File, ...]
    unread: int  # files in formats that are not read


class Answers:
    """Makes answers of rows, and asks the service for what the rows only point to."""

    def __init__(self, oda: Oda, tables: Tables, files: str) -> None:
        self._oda, self._tables, self._files = oda, tables, files
        self._people = People(oda, tables)
        self._cases: dict[int, Row | None] = {}
        self.without_case = 0  # documents that were seen
        self.committees: set[str] = set()  # of which answers were seen, by their abbreviations

    def within(self, rows: list[Row], scope: Scope) -> Iterator[Answer]:
        """Give the public answers among a page of documents that lie in the scope."""
        wanted = {id_ for row in rows for id_ in _case_ids(row)} - self._cases.keys()
        self._cases |= dict.fromkeys(wanted)
        for case in self._oda.by_id("Sag", wanted, ("SagAktør",)):
            self._cases[case["id"]] = case
        self._people.meet(id_ for row in rows for id_ in self._actor_ids(row))
        for row in rows:
            self.without_case += not any(self._cases.get(id_) for id_ in _case_ids(row))
            yield from self._answer(row, scope)

    def _answer(self, row: Row, scope: Scope) -> Iterator[Answer]:
        question = next(iter(rows_of(row, "SpørgsmålsDokument")), None)
        if any(one.get("offentlighedskode") != PUBLIC for one in (row, question) if one is not None):
            return
        for id_ in _case_ids(row):
            case = self._cases.get(id_)
            if case is None or case.get("offentlighedskode") != PUBLIC:
                continue
            kind = self._tables.cases.get(number_of(case, "typeid") or 0, "")
            code = self._tables.sessions.get(number_of(case, "periodeid") or 0, "")
            session = code if SESSION.fullmatch(code) else None  # it becomes the name of a folder
            documents = (self._parts(one, "DokumentAktør") for one in (question, row))
            committees = _committees([self._parts(case, "SagAktør"), *documents])
            self.committees.update(one.code or one.name for one in committees)
            if scope.takes(kind, session, [name for one in committees for name in (one.code, one.name) if name]):
                yield self._made(row, question, case, kind, session, committees)
                return

    def _made(
        self, row: Row, question: Row | None, case: Row, kind: str, session: str | None, committees: list[Actor]
    ) -> Answer:
        day = (time_of(row, "dato") or "")[:10]
        own, general = is_own(kind), is_general(kind)
        committee = committees[0] if len(committees) == 1 else None
        filed, number = text_of(case, "nummer"), _number(row, question, case)
        people = [[part for one in (question, row) for part in self._parts(one, "DokumentAktør")]]
        if own or (general and _is_alone(filed, number)):
            people.append(self._parts(case, "SagAktør"))
        category = self._tables.categories.get(number_of(row, "kategoriid") or 0)
        stated = {
            "kind": "§20-svar" if own else "udvalgssvar",
            "title": text_of(case, "titelkort") if own else text_of(question or {}, "titel"),
            "date": day,
            "number": filed if own else number,
            "case": "§ 20" if own else _general(committee) if general else filed,
            "committee": None if own or committee is None else committee.name,
            "session": session,
            **self._who(people, (time_of(question or {}, "dato") or day)[:10]),
            "status": status_of(category) or status_of(text_of(row, "titel")),
        }
        files = list(self._found(row, session))
        return Answer(
            id=row["id"],
            case=case["id"],
            question=number_of(row, "spørgsmålsid"),
            updated=time_of(row, "opdateringsdato") or "",
            fields={name: shown for name, value in stated.items() if (shown := _shown(value))},
            files=tuple(file for file in files if file),
            unread=files.count(None),
        )

    def _found(self, row: Row, session: str | None) -> Iterator[File | None]:
        """Give the files of an answer under names built from numbers; None for one that is not read."""
        for file in rows_of(row, "Fil"):
            id_, url = number_of(file, "id"), self._address(text_of(file, "filurl"))
            suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
            if id_ is None or suffix not in _READ or file.get("variantkode") not in _VARIANTS:
                yield None
                continue
            name = f"{session or 'andre'}/svar-{row['id']}-{_READ[suffix]}-{id_}{suffix}"
            yield File(name, url, id_, time_of(file, "opdateringsdato") or "")

    def _address(self, url: str | None) -> str:
        """Give a file's address, on the host of the files by the scheme that was named for it; "" where it is none."""
        try:
            host, parts = urlsplit(self._files), urlsplit(urljoin(self._files, url or ""))
        except ValueError:
            return ""
        named = (parts._replace(scheme=host.scheme) if parts.netloc == host.netloc else parts).geturl()
        return named if len(named) <= _LONGEST and named.isprintable() else ""

    def _who(self, sources: Sequence[list[Part]], day: str) -> dict[str, str | None]:
        """Give who asked, with the party of that day, and who answered: each from the first source that names any."""
        askers = _first(sources, _asker)
        parties = dict.fromkeys(filter(None, (self._people.party(asker, day) for asker in askers)))
        return {
            "asker": _listed([asker.name for asker in askers]),
            "party": ", ".join(parties) or None,
            "minister": _only(_first(sources, _minister)),
            "minister_title": _only(_first(sources, _title)),
            "ministry": _only(_first(sources, _ministry)),
        }

    def _parts(self, row: Row | None, link: str) -> list[Part]:
        """Give who takes part in a case or a document, and as what."""
        roles = self._tables.case_roles if link == "SagAktør" else self._tables.document_roles
        return [
            Part(roles.get(number_of(one, "rolleid") or 0, "").lower(), actor)
            for one in rows_of(row or {}, link)
            if (actor := self._actor(one))
        ]

    def _actor(self, link: Row) -> Actor | None:
        id_ = number_of(link, "aktørid")
        return None if id_ is None else self._people.actor(id_)

    def _actor_ids(self, row: Row) -> Iterator[int]:
        cases = [case for id_ in _case_ids(row) if (case := self._cases.get(id_))]
        for source in (row, *rows_of(row, "SpørgsmålsDokument"), *cases):
            for name in ("DokumentAktør", "SagAktør"):
                yield from (id_ for link in rows_of(source, name) if (id_ := number_of(link, "aktørid")) is not None)


def _case_ids(row: Row) -> list[int]:
    """Give the cases of an answer, those of its question first."""
    sources = (*rows_of(row, "SpørgsmålsDokument"), row)
    found = [number_of(link, "sagid") for source in sources for link in rows_of(source, "SagDokument")]
    return list(dict.fromkeys(id_ for id_ in found if id_ is not None))


def _number(row: Row, question: Row | None, case: Row) -> str | None:
    """Give the number of a committee's question: as it is filed in its case, or as the answer's title says it."""
    for link in (link for source in (question or {}, row) for link in rows_of(source, "SagDokument")):
        filed = text_of(link, "bilagsnummer") or ""
        if link.get("sagid") == case["id"] and filed.isdecimal():
            return filed
    said = _NUMBER.search(text_of(row, "titel") or "")
    return said[1] if said else None


def _general(committee: Actor | None) -> str | None:
    return f"{committee.code} alm. del" if committee and committee.code else None


def _is_alone(filed: str | None, number: str | None) -> bool:
    """Tell whether a case of general matters is one question's own: its number ("SUU 309") then says that question's.

    Others hold all questions of a committee, and who is named there need not have to do with each of them.
    """
    return re.findall(r"\d+", filed or "") == [number]


def _committees(sources: Sequence[list[Part]]) -> list[Actor]:
    """Give the committees of the first source that has any; those aside only where no source has another."""
    for aside in (False, True):
        for source in sources:
            found = {part.actor for part in source if part.actor.kind == COMMITTEE and part.aside == aside}
            if found:
                return sorted(found, key=lambda actor: actor.name)
    return []


def _asker(part: Part) -> Actor | None:
    asks = part.actor.kind == PERSON and part.role.startswith(("spørger", "medspørger", "stiller"))
    return part.actor if asks else None


def _minister(part: Part) -> str | None:
    return part.actor.name if part.answers and part.actor.kind == PERSON else None


def _title(part: Part) -> str | None:
    return minister_title(part.actor.name) if part.answers and part.actor.kind == TITLE else None


def _ministry(part: Part) -> str | None:
    if part.aside or part.actor.kind == PERSON:
        return None
    return ministry_name(part.actor.name) or (part.actor.name if part.actor.kind == MINISTRY else None)


def _first(sources: Sequence[list[Part]], pick: Callable[[Part], Picked | None]) -> list[Picked]:
    """Give what is picked from the first source of which anything is, each once."""
    picked = ([value for part in source if (value := pick(part))] for source in sources)
    return list(dict.fromkeys(next(filter(None, picked), [])))


def _only(values: list[str]) -> str | None:
    return values[0] if len(values) == 1 else None


def _listed(names: list[str]) -> str | None:
    """Give names as a sentence does: A, B og C."""
    return " og ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))) or None


def _shown(value: str | None) -> str | None:
    """Give a value that a sidecar may hold: printable, of bounded length."""
    kept = "".join(character for character in value or "" if character.isprintable()).strip()
    return kept if 0 < len(kept) <= _LONGEST else None

"""Who is who in the open data: members with their party at the time, ministers, ministries, committees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from corpus.fetch.conditions import Row, number_of, rows_of, text_of, time_of
from corpus.fetch.oda import Oda, Tables

PERSON, TITLE, MINISTRY = "Person", "Ministertitel", "Ministerområde"
GROUP, COMMITTEE = "Folketingsgruppe", "Udvalg"
LINKS = ("FraAktørAktør", "TilAktørAktør")
"""What is asked for together with an actor."""


class Link(NamedTuple):
    """What an actor belongs to, or what belongs to it, and from when until when."""

    other: int
    start: str | None
    end: str | None


class Actor(NamedTuple):
    """A person, group, committee, ministry or title; `kind` is the service's own name of its type."""

    name: str
    kind: str
    code: str | None  # "S", "SUU"
    links: tuple[Link, ...]


class Part(NamedTuple):
    """What an actor has to do with a case or a document: `role` in small letters, "" where the service names none."""

    role: str
    actor: Actor

    @property
    def answers(self) -> bool:
        """Whether it is who answers."""
        return self.role in ("minister", "besvaret af")

    @property
    def aside(self) -> bool:
        """Whether it is only told of the matter, or has it no more."""
        return self.role.startswith(("relevant for", "kopi", "tidligere"))


class People:
    """The actors that were asked for until now."""

    def __init__(self, oda: Oda, tables: Tables) -> None:
        self._oda, self._kinds = oda, tables.actors
        self._known: dict[int, Actor | None] = {}

    def meet(self, ids: Iterable[int]) -> None:
        """Ask for those actors that are not known yet, and for the groups of the persons among them."""
        new = self._ask(ids)
        self._ask(link.other for actor in new if actor.kind == PERSON for link in actor.links)

    def actor(self, id_: int) -> Actor | None:
        """Give an actor, or None where the service has none of this id."""
        return self._known.get(id_)

    def party(self, person: Actor, day: str) -> str | None:
        """Give the letters of the one parliamentary group to which a person belonged on a day ("": none), else None."""
        if not day:
            return None
        groups = {
            group.code
            for link in person.links
            if (group := self.actor(link.other)) and group.kind == GROUP and group.code
            if (link.start or "") <= f"{day}T23:59:59" and (not link.end or link.end >= f"{day}T00:00:00")
        }
        return groups.pop() if len(groups) == 1 else None

    def _ask(self, ids: Iterable[int]) -> list[Actor]:
        unknown = set(ids) - self._known.keys()
        self._known |= dict.fromkeys(unknown)
        for row in self._oda.by_id("Aktør", unknown, LINKS):
            self._known[row["id"]] = self._read(row)
        return [actor for id_ in sorted(unknown) if (actor := self._known[id_])]

    def _read(self, row: Row) -> Actor | None:
        name, kind = text_of(row, "navn"), self._kinds.get(number_of(row, "typeid") or 0)
        if not name or not kind:
            return None
        links = tuple(
            Link(other, time_of(link, "startdato"), time_of(link, "slutdato"))
            for direction in LINKS
            for link in rows_of(row, direction)
            for end in ("fraaktørid", "tilaktørid")
            if (other := number_of(link, end)) is not None and other != row["id"]
        )
        return Actor(name, kind, text_of(row, "gruppenavnkort"), links)

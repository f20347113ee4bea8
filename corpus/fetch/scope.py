"""Which answers are wanted, and the requests that this leads to."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from corpus.errors import UsageError
from corpus.fetch.conditions import Condition, before, both, equal, midnight, not_before, one_of
from corpus.fetch.oda import PUBLIC

ANSWER = 17
"""The number of "Svar" in the service's table of document types, as it has been; the table goes before it."""

SESSION = re.compile(r"[12]\d{3}[1-9]", re.ASCII)
"""The code of a session: the year in which it began, and its number in that year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A session ("20231"), a committee ("SUU" or its name), a kind of case ("§20", "alm.del"), and days of answering.

    Raises `UsageError` for a session that cannot be one, and for days in the wrong order.
    """

    session: str | None = None
    committee: str | None = None
    kind: str | None = None
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.session is not None and not SESSION.fullmatch(self.session):
            raise UsageError(
                f"--session {self.session} is no session. Write year and number: 20231 is 2023-24, 1. samling"
            )
        if self.since and self.until and self.since > self.until:
            raise UsageError(f"--since {self.since} is later than --until {self.until}. Exchange them")

    @property
    def key(self) -> str:
        """What tells this scope from others, for a manifest."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items() if value is not None) or "all"

    def days(self, today: date) -> tuple[date, date]:
        """Give the first day of answering that is asked for, and the day after the last.

        Questions of a session are answered until a year after it. Without session and days it is since last 1 October.
        """
        first, last = date(today.year - (today.month < 10), 10, 1), today + timedelta(days=366)
        if self.session:
            year = int(self.session[:4])
            first, last = date(year, 9, 1), date(year + 2, 10, 31)
        if self.since or self.until:
            first = self.since or (first if self.session else date(1953, 6, 5))
            last = min(self.until or last, date.max - timedelta(days=1))
        return first, last + timedelta(days=1)

    def takes(self, kind: str, session: str | None, committees: list[str]) -> bool:
        """Tell whether a case lies in the scope, by the service's name of its type, its session and its committees."""
        return (
            (self.kind is None or plain(kind).startswith(plain(self.kind)))
            and (self.session is None or self.session == session)
            and (self.committee is None or self.committee.casefold() in map(str.casefold, committees))
        )

    def condition(self, today: date, types: list[int], mark: str | None = None) -> Condition:
        """Give the condition on documents that the service is asked with; `mark` is the newest change seen before."""
        first, end = self.days(today)
        conditions = [one_of("typeid", types), equal("offentlighedskode", PUBLIC)]
        conditions += [not_before("dato", midnight(first)), before("dato", midnight(end))]
        return both([*conditions, not_before("opdateringsdato", mark)] if mark else conditions)

    def check(self, kinds: list[str], sessions: list[str]) -> None:
        """Raise `UsageError` where the service knows no such kind or session."""
        if self.kind is not None and not any(plain(kind).startswith(plain(self.kind)) for kind in kinds):
            known = ", ".join(sorted(kinds))
            raise UsageError(f"--kind {self.kind} is none of the service's: {known}. Name one of these")
        if self.session is not None and self.session not in sessions:
            newest = max(filter(SESSION.fullmatch, sessions), default="none")
            raise UsageError(f"--session {self.session} is none of the service's; its newest is {newest}. Name another")


def answer_types(documents: dict[int, str]) -> list[int]:
    """Give the numbers of the document types that are answers, by the service's table."""
    exact = [id_ for id_, name in documents.items() if plain(name) == "svar"]
    return exact or [id_ for id_, name in documents.items() if plain(name).startswith("svar")] or [ANSWER]


def is_own(kind: str) -> bool:
    """Tell whether a type of case is a member's own question, § 20."""
    return plain(kind).startswith("§20")


def is_general(kind: str) -> bool:
    """Tell whether a type of case is the general matters of a committee."""
    return plain(kind).startswith(("almdel", "almindeligdel"))


def plain(name: str) -> str:
    """Give a name without what is written now this way, now that: "Alm. del" is "almdel"."""
    return re.sub(r"[^\w§]", "", name.casefold())

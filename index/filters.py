"""Filters: which documents may answer at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import get_args

from corpus.errors import UsageError
from corpus.records import Fields, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Conditions on a document's fields; a document without the field meets no condition on it.

    Dates are ISO 8601. `kind` and `session` must be equal, `party` be among the parties of those who asked; the others
    need only occur as words in the field. Case never matters.
    """

    since: str | None = None
    until: str | None = None
    kind: str | None = None
    ministry: str | None = None
    minister: str | None = None
    asker: str | None = None
    party: str | None = None
    committee: str | None = None
    session: str | None = None

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            value = getattr(self, name)
            if value is not None and not _is_date(value):
                raise UsageError(f"--{name} {value} is no date. Write it as YYYY-MM-DD, for example 2023-05-31")

        if self.kind is not None and _plain(self.kind) not in map(_plain, get_args(Kind)):
            raise UsageError(f"--kind {self.kind} is no kind. It is one of {', '.join(get_args(Kind))}")

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))

    def rows(self, documents: Iterable[tuple[int, Fields]]) -> list[int]:
        """Give the rows of the documents that meet every condition."""
        return [row for row, document in documents if self.accepts(document)]

    def accepts(self, document: Fields) -> bool:
        """Tell whether a document meets every condition."""
        if self.since and not (document.date and document.date >= self.since):
            return False
        if self.until and not (document.date and document.date <= self.until):
            return False
        return all(
            wanted is None or any(test(wanted, value) for value in _values(document, name) if value)
            for name, test in _TESTS.items()
            if (wanted := getattr(self, name)) is not None
        )


def _equal(wanted: str, value: str) -> bool:
    return _plain(wanted) == _plain(value)


def _among(wanted: str, value: str) -> bool:
    return set(re.split(", ?", _plain(wanted))) <= set(re.split(", ?", _plain(value)))


def _within(wanted: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(_plain(wanted))}", _plain(value)) is not None


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("§ ", "§")).strip().casefold()


def _values(document: Fields, name: str) -> tuple[str | None, ...]:
    if name == "minister":
        return document.minister, document.minister_title
    if name == "committee":
        return document.committee, document.case
    return (getattr(document, name),)


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "kind": _equal,
    "ministry": _within,
    "minister": _within,
    "asker": _within,
    "party": _among,
    "committee": _within,
    "session": _equal,
}


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

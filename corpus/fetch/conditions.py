"""Conditions on rows of the open data, each in two forms: as the service is asked, and as its reply is checked.

The service is reported to ignore a condition on a field that it does not know; so every row is checked here again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

Row = dict[str, Any]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?", re.ASCII)
_LARGEST = 2**63 - 1  # number of a row
_SURROGATE = re.compile("[\ud800-\udfff]")


class Condition(NamedTuple):
    """`asked` is an OData 3 filter expression; `holds` tells whether a row meets it."""

    asked: str
    holds: Callable[[Row], bool]


def equal(field: str, value: int | str) -> Condition:
    """A field that has just this value."""
    literal = str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
    return Condition(f"{field} eq {literal}", lambda row: row.get(field) == value)


def not_before(field: str, moment: str) -> Condition:
    """A time that is `moment` or later, both in the service's own clock (Danish local time without a zone)."""
    return Condition(f"{field} ge datetime'{moment}'", lambda row: (time_of(row, field) or "") >= moment)


def before(field: str, moment: str) -> Condition:
    """A time that is earlier than `moment`."""
    return Condition(f"{field} lt datetime'{moment}'", lambda row: "" < (time_of(row, field) or "") < moment)


def one_of(field: str, values: Iterable[int]) -> Condition:
    """A field that has one of these values."""
    wanted = sorted(values)
    asked = " or ".join(f"{field} eq {value}" for value in wanted)
    return Condition(f"({asked})" if len(wanted) > 1 else asked, lambda row: row.get(field) in wanted)


def both(conditions: Iterable[Condition]) -> Condition:
    """All of some conditions."""
    all_of = tuple(conditions)
    return Condition(" and ".join(one.asked for one in all_of), lambda row: all(one.holds(row) for one in all_of))


def midnight(day: date) -> str:
    """The first moment of a day, as the service writes times."""
    return f"{day.isoformat()}T00:00:00"


def time_of(row: Row, field: str) -> str | None:
    """Give a time of a row if it is one; such times sort as text, whatever their fractions of a second."""
    value = row.get(field)
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        datetime.fromisoformat(value[:19])
    except ValueError:
        return None
    return value


def number_of(row: Row, field: str) -> int | None:
    """Give a whole number of a row if it is one that a service can count to."""
    value = row.get(field)
    return value if type(value) is int and 0 <= value <= _LARGEST else None


def text_of(row: Row, field: str) -> str | None:
    """Give a text of a row on one line, or None; half characters, which JSON allows, are marked."""
    value = row.get(field)
    return (" ".join(_SURROGATE.sub("\ufffd", value).split()) or None) if isinstance(value, str) else None


def rows_of(row: Row, field: str) -> list[Row]:
    """Give the rows that a row was expanded by: any number of them, also one or none."""
    value = row.get(field)
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]

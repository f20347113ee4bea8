"""What there is to choose among: the values that an archive's own documents have."""

from __future__ import annotations

from collections import Counter

from bot.once import once
from index.search import Searcher

_FIELDS = ("minister", "ministry", "asker", "party", "committee", "session")
_MOST = 100  # of a field; what is rarer can be written


@once
def choices(searcher: Searcher) -> dict[str, list[str]]:
    """Give the most frequent values of each field that a search can be limited by, in alphabetical order."""
    counted: dict[str, Counter[str]] = {name: Counter() for name in _FIELDS}
    for _, fields in searcher.store.fields():
        for name in _FIELDS:
            if value := getattr(fields, name):
                counted[name][value] += 1
    return {name: sorted(value for value, _ in counts.most_common(_MOST)) for name, counts in counted.items()}

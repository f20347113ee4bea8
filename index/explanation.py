"""Why a passage was found: each term of the query with its weight, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from corpus.records import Matched
from index.lexical import Lexical
from index.numbers import values
from index.query import Query
from index.store import Stored
from index.words import Compounds, stem, tokens

_SHOWN = 5  # different words that hold a term


def matched(query: Query, stored: Stored, lexical: Lexical, compounds: Compounds) -> tuple[Matched, ...]:
    """Give every term of a query, the weightiest first, with the words of the passage and its context that hold it."""
    text, around = stored.passage.text, stored.context
    found = [
        Matched(
            term=term,
            weight=round(weight * lexical.idf(term), 4),
            words=tuple(_holding(term, text)),
            compounds=tuple(_holding(term, text, compounds)),
            context=tuple(dict.fromkeys([*_holding(term, around), *_holding(term, around, compounds)])),
            stands_for=query.stands_for.get(term),
        )
        for term, weight in query.terms.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.weight, one.term)))


def _holding(term: str, text: str, compounds: Compounds | None = None) -> Iterator[str]:
    """Give the words of a text that are a term, or with `compounds` those of which it is a part."""
    words = list(dict.fromkeys(tokens(text)))
    if compounds is None:
        found = [word for word in words if stem(word) == term] or ([term] if term in values(text) else [])
    else:
        found = [word for word in words if term in compounds.stems([word])]
    yield from found[:_SHOWN]

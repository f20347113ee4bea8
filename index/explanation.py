"""Why a passage was found: each term of the query with its weight, and where it stands."""

from __future__ import annotations

from typing import NamedTuple

from corpus.records import Matched
from index.lexical import Lexical
from index.numbers import values
from index.query import Query
from index.store import Stored
from index.words import Compounds, stem, tokens

_SHOWN = 5  # different words that hold a term


def matched(query: Query, stored: Stored, lexical: Lexical, compounds: Compounds) -> tuple[Matched, ...]:
    """Give every term of a query, the weightiest first, with the words of the passage and its context that hold it."""
    here, around = (_held(query, text, compounds) for text in (stored.passage.text, stored.context))
    found = [
        Matched(
            term=term,
            weight=round(weight * lexical.idf(term), 4),
            words=tuple(here.words[term][:_SHOWN]),
            compounds=tuple(here.compounds[term][:_SHOWN]),
            context=tuple(dict.fromkeys(around.words[term][:_SHOWN] + around.compounds[term][:_SHOWN])),
            stands_for=query.stands_for.get(term),
        )
        for term, weight in query.terms.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.weight, one.term)))


class _Held(NamedTuple):
    """By term, the different words of a text that are it, and those of which it is a part, in their order."""

    words: dict[str, list[str]]
    compounds: dict[str, list[str]]


def _held(query: Query, text: str, compounds: Compounds) -> _Held:
    """Look at each word of a text once, whatever the number of terms."""
    held = _Held({term: [] for term in query.terms}, {term: [] for term in query.terms})
    for word in dict.fromkeys(tokens(text)):
        if (whole := stem(word)) in held.words:
            held.words[whole].append(word)
        for part in held.compounds.keys() & set(compounds.stems([word])):
            held.compounds[part].append(word)
    for value in values(text):
        if value in held.words and not held.words[value]:
            held.words[value].append(value)
    return held

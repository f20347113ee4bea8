"""Which of a question's terms stand in a text: the same as parsing all of its words, for a fraction of the time."""

from __future__ import annotations

import re
from collections.abc import Collection

from index.numbers import values
from index.words import Compounds, stem, tokens


class Mentions:
    """Finds the terms of one question in many texts.

    A stem is what is left of a word when endings are dropped, and so is the stem of a part of it: only words that hold
    a term, letter for letter, need be parsed, and each of them once. Most words of most texts hold none.
    """

    def __init__(self, terms: Collection[str], compounds: Compounds) -> None:
        self._terms = frozenset(terms)
        self._compounds = compounds
        self._holds = re.compile("|".join(map(re.escape, terms)) or "(?!)").search
        self._written_otherwise = any(not term.isalpha() for term in terms)  # "115 mio." for 115000000
        self._by_word: dict[str, frozenset[str]] = {}

    def __call__(self, text: str) -> frozenset[str]:
        """Give the terms that stand in a text as words, as parts of compounds, or as numbers in their one form."""
        by_word = self._by_word
        words = set(tokens(text))
        for word in words.difference(by_word):
            by_word[word] = self._in_word(word) if self._holds(word) else _NONE
        found = _NONE.union(*map(by_word.__getitem__, words))
        return found | self._terms.intersection(values(text)) if self._written_otherwise else found

    def _in_word(self, word: str) -> frozenset[str]:
        return self._terms.intersection((stem(word), *self._compounds.stems([word])))


_NONE = frozenset[str]()

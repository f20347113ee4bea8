"""What a question is also searched by: words that were meant, official words, and numbers in their one form."""

from __future__ import annotations

from typing import NamedTuple

from index.background import stem_counts
from index.expansions import Expansion, expansions, lexicon
from index.lexical import Lexical
from index.spelling import Spellings, joined, transliterated
from index.store import Store
from index.words import STOP_WORDS, Compounds, content_words, stem, tokens

_SHORT = 5  # words of a question that official words help in full; a longer one has words enough of its own
_PART = 3  # letters of the shortest word that is called unknown


class Understood(NamedTuple):
    """A question's terms with their weights, and what to tell whoever asked."""

    text: str  # with the words that were probably meant: for the vectors
    terms: dict[str, float]
    stands_for: dict[str, str]
    expanded: tuple[str, ...]
    unknown: tuple[str, ...]


class Understanding:
    """Reads questions with the words of one open index."""

    def __init__(self, store: Store, lexical: Lexical, compounds: Compounds) -> None:
        self._store = store
        self._lexical = lexical
        self._compounds = compounds
        common = stem_counts()
        # A small archive says little of how usual a word is: Danish at large is asked as well.
        self._spellings = Spellings(store.all_stems, lambda one: store.stem_count(one) + common[one], store.stem_word)

    def read(self, question: str) -> Understood:
        """Give the question's own terms and those added to them, each lower than what it stands for."""
        reading = _Reading(question, self._lexical.terms(question))
        weights = self._lexical.weights
        meant: dict[str, str] = {}
        for word in dict.fromkeys(tokens(question)):
            if weights.spelling and word not in STOP_WORDS and word.isalpha() and (found := self._meant(word)):
                meant[word] = self._written(found[0])
                reading.replace(stem(word), found, weights.spelling, known=self._lexical.holds(stem(word)))
                reading.expanded += map(self._written, found)
        for first, _, whole in joined(question, self._store.stem_count):
            reading.add(stem(whole), stem(first), weights.joined)
            reading.expanded.append(whole)
        text = " ".join(meant.get(word, word) for word in tokens(question)) if meant else question
        for expansion in expansions(text if meant else question, lexicon()):
            self._expand(reading, expansion)
        unknown = [word for word in dict.fromkeys(tokens(question)) if self._is_unknown(word, reading, meant)]
        return Understood(
            text, reading.terms, reading.stands_for, tuple(dict.fromkeys(reading.expanded)), tuple(unknown)
        )

    def _meant(self, word: str) -> tuple[str, ...]:
        """Give the stems that a word was probably meant to be, or is also written as."""
        one = stem(word)
        if variants := tuple(dict.fromkeys(transliterated(word, self._store.stem_count))):
            return variants
        if one in stem_counts():  # what Danish at large knows is no error because this archive lacks it
            return ()
        if self._lexical.holds(one) and not self._store.stem_count(one):  # a name in a heading
            return ()
        return self._spellings.meant(word, made_of_known=bool(self._compounds.parts(word)))

    def _expand(self, reading: _Reading, expansion: Expansion) -> None:
        stems = expansion.stems
        if not stems or not all(map(self._lexical.holds, stems)):
            return
        weights = self._lexical.weights
        weight = weights.alike if expansion.same else weights.expansion * min(1.0, _SHORT / reading.words)
        for one in stems:
            reading.add(one, expansion.said[0], weight / len(stems))
        if not expansion.same:
            reading.expanded.append(expansion.searched)

    def _is_unknown(self, word: str, reading: _Reading, meant: dict[str, str]) -> bool:
        if word in STOP_WORDS or word in meant or not word.isalpha() or len(word) < _PART:
            return False
        one = stem(word)
        if self._lexical.holds(one) or one in reading.stands_for.values():
            return False
        return not any(map(self._lexical.holds, self._compounds.stems([word])))

    def _written(self, one: str) -> str:
        return self._store.stem_word(one) or one


class _Reading:
    """A question's terms while they are being added to."""

    def __init__(self, question: str, terms: dict[str, float]) -> None:
        self.words = len(content_words(question))
        self.terms = terms
        self.stands_for: dict[str, str] = {}
        self.expanded: list[str] = []

    def add(self, term: str, own: str, weight: float) -> None:
        """Add a term that stands for one of the question's own, unless it is there already."""
        if weight and term not in self.terms:
            self.terms[term] = weight
            self.stands_for[term] = own

    def replace(self, own: str, others: tuple[str, ...], weight: float, *, known: bool) -> None:
        """Search for other stems too; where the archive does not know the question's own, for them instead."""
        if known:
            for other in others:
                self.add(other, own, weight)
            return
        self.terms.pop(own, None)
        first, *rest = others
        self.terms.setdefault(first, weight)
        for other in rest:
            self.add(other, first, weight / 2)

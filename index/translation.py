"""Questions in other languages: the archive's own words that lie nearest to theirs, for the lexical leg."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from index.query import Query
from index.words import STOP_WORDS, stem, tokens

if TYPE_CHECKING:
    from index.encoder import Encoder
    from index.vectors import Vectors

# Function words of the other languages that are none in Danish, or are far commoner there.
_FOREIGN = frozenset(
    """
    the of and to is are was were in that how what which who when where why many much does did do has have had will
    would can could should it this these on by with from for been be not a an their there they
    och att är hur vad vilka vilken vilket varför när hos inte från till många mycket får kommer ska skall finns blir
    ett också även sedan sina inom
    hva hvor hvorfor fra skjer mye lenge raskt blir å noen finnes bedrift
    der die das und ist sind wie was wer wann wo warum viele viel welche welcher mit für von zu den dem des ein eine im
    auf nicht wird werden hat haben kann soll will über nach jeden
    """.split()
)
_SURE = frozenset(
    """
    the how what which who why many much does when hur vad vilka vilken vilket varför många mycket och är från hva mye
    lenge skjer raskt finnes noen wie viele viel welche welcher warum wann was und das ist für werden wird
    """.split()
)
_WORDS = 20_000  # of the archive, the commonest
_NEAREST = 3  # for each foreign word
_NEAR = 0.4  # cosine
_LONGEST = 12  # words of a question that are looked up


def foreign(question: str) -> bool:
    """Tell whether a question is in English, Swedish, Norwegian or German rather than in Danish."""
    words = tokens(question)
    theirs = sum(word in _FOREIGN and word not in STOP_WORDS for word in words)
    danish = sum(word in STOP_WORDS and word not in _FOREIGN for word in words)
    sure = any(word in _SURE for word in words)
    return theirs > danish or (sure and theirs >= danish)


def foreign_words(question: str) -> list[str]:
    """Give the words of a foreign question that carry its subject."""
    words = dict.fromkeys(tokens(question))
    return [word for word in words if word.isalpha() and len(word) > 2 and word not in _FOREIGN | STOP_WORDS][:_LONGEST]


class Translator:
    """Finds the words of an archive that a static model puts near to a foreign one."""

    def __init__(self, words: Iterable[str], encoder: Encoder) -> None:
        """Keep the archive's words, the commonest first, until they are asked for."""
        useful = (word for word in words if word.isalpha() and len(word) > 2 and word not in STOP_WORDS)
        self._words = list(islice(useful, _WORDS))
        self._encoder = encoder

    @cached_property
    def _table(self) -> Vectors:
        return self._encoder.encode(self._words, "query")

    def translated(self, query: Query, weight: float) -> Query:
        """Give a foreign question with the archive's words that lie nearest to its own added to its terms."""
        words = foreign_words(query.text)
        terms, stands_for, expanded = dict(query.terms), dict(query.stands_for), list(query.expanded)
        for word, near in zip(words, self.near(words), strict=True):
            for place, (other, cosine) in enumerate(near):
                if (one := stem(other)) not in terms:
                    terms[one] = weight * cosine
                    stands_for[one] = stem(word)
                    if not place:
                        expanded.append(other)
        return query._replace(terms=terms, stands_for=stands_for, expanded=tuple(dict.fromkeys(expanded)), foreign=True)

    def near(self, words: Sequence[str]) -> list[list[tuple[str, float]]]:
        """Give for each word the archive's words nearest to it with their cosines, one for each stem."""
        if not words:
            return []
        cosines = self._encoder.encode(words, "query") @ self._table.T
        return [self._best(row) for row in cosines]

    def _best(self, cosines: Vectors) -> list[tuple[str, float]]:
        found: dict[str, tuple[str, float]] = {}
        for place in np.argsort(self._rarity - cosines)[: 4 * _NEAREST]:
            if cosines[place] >= _NEAR and len(found) < _NEAREST:
                word = self._words[place]
                found.setdefault(stem(word), (word, float(cosines[place])))
        return list(found.values())

    @cached_property
    def _rarity(self) -> Vectors:
        """What a word must lie nearer by for being rarer: a tenth of the cosine for each factor of a hundred."""
        rarity: Vectors = (0.05 * np.log10(10 + np.arange(len(self._words)))).astype(np.float32)
        return rarity

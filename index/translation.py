"""Questions in other languages: the archive's own words that lie nearest to theirs, for the lexical leg."""

from __future__ import annotations

import re
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

# Function words of English, Swedish, Norwegian and German that Danish texts hardly ever hold: of four million words of
# debates and everyday sentences, fewer than ten in a million.
FOREIGN = frozenset(
    """
    about after any are as because been before being between but can could did didn does doesn doing done each
    every few from get gets going has he his how if into isn its like many me more most much my not of only
    other our out shall she should some such than that the their them there these they this those through want
    was we were what when where which while who whom whose why with within without would you your och att är hur
    vad vilka vilken vilket varför från många mycket finns blir bli ett också även sedan inte sina inom vara
    varit mellan någon något några när då där här jag mina våra vårt vem vems ska åt än ännu för före gör göra
    utan enligt genom hade andra alla dess deras bara behöver fick innan redan hva mye lenge raskt skjer skjedde
    finnes noe noen blitt etter uten mellom gjennom gjelder gjør gjøre kjører meg deg seg inn opp ut av mot vært
    litt igjen annet tilbake ganger trenger sier aber auch auf aus bei beim bereits bis bist damit dann darf
    dass dein dich die dies diese diesem diesen dieser dieses doch durch dürfen ein eine einem einen einer eines
    etwas euch für gegen geht gibt haben hatte hier hinter ich ihm ihn ihnen ihr ihre im immer ist jede jeden
    jeder jedes jetzt kann kannst kein keine keinen können könnte mehr mein mich mir muss müssen nach nicht
    nichts noch nur oder ohne schon sehr sein seine seit sich sie soll sollte sollen über und uns unser unter
    viel viele vielen vom wann war waren warum wegen weil welche welchem welchen welcher welches wenn wer werde
    werden wie wieder wieso wir wird wirst wo woher wohin wollen wurde wurden würde zu zum zur zwischen das
    """.split()
)
# More of them, which in Danish mean something else: no sign of another language, but no subject in one either.
_NO_SUBJECT = frozenset(
    """
    a als am an and andre be bin ble by dem den der des dig do du es go hab had hast hat hatten have her him
    hvilke in is it ju kunde man mig mit nei ni nu nå ob on or over sa siden sind slik so ta to um up us vid von
    vor will å
    """.split()
)
# Danish ones that none of the others has.
_DANISH = frozenset(
    """
    af altså anden andet blev blive bliver dig efter fået gør gøre havde hende hendes hvad hvornår ind jer jeres
    kun meget mod nogen noget nogle næsten os sådan tog ud uden vores været
    """.split()
)
_OPENERS = frozenset("is will do hast sind".split())  # words that no Danish question begins with
_NAMES = re.compile(
    r"""[»«"”“][^»«"”“]+[»«"”“]|\b[A-ZÆØÅ]{2,}\b|(?<=[^\W\d_,] )[A-ZÆØÅ]\w+"""  # titles, WHO, and what has a capital
)
_MARKS = re.compile(r"[^\W\d_]*(?:[äöüß]|sjon|øy)[^\W\d_]*")  # words that are spelt as no Danish one is
_WORDS = 20_000  # of the archive, the commonest
_NEAREST = 3  # for each foreign word
_NEAR = 0.35  # cosine
_LONGEST = 12  # words of a question that are looked up


def foreign(question: str) -> bool:
    """Tell whether a question is in English, Swedish, Norwegian or German rather than in Danish."""
    words = tokens(_NAMES.sub(" ", question))
    if words and words[0] in _OPENERS:
        return True
    # Names are left out: a Danish question may be about "The Voice" or Malmö.
    theirs = sum(word in FOREIGN or _MARKS.fullmatch(word) is not None for word in words)
    return theirs > sum(word in _DANISH for word in words)


def foreign_words(question: str) -> list[str]:
    """Give the words of a foreign question that carry its subject."""
    words = dict.fromkeys(tokens(question))
    none = FOREIGN | _NO_SUBJECT | STOP_WORDS
    return [word for word in words if word.isalpha() and len(word) > 2 and word not in none][:_LONGEST]


class Translator:
    """Finds the words of an archive that a static model puts near to a foreign one."""

    def __init__(self, words: Iterable[str], encoder: Encoder) -> None:
        """Keep the archive's words, the commonest first, until they are asked for."""
        useful = (word for word in words if word.isalpha() and len(word) > 2 and word not in STOP_WORDS)
        self._words = list(islice(useful, _WORDS))
        self._encoder = encoder

    @cached_property
    def _table(self) -> Vectors:
        """The words' vectors [d, n], which in this order of numbers are compared with few others in half the time."""
        return np.ascontiguousarray(self._encoder.encode(self._words, "query").T)

    @cached_property
    def _places(self) -> dict[str, int]:
        """How common a stem is: its place among the others."""
        return {stem(word): place for place, word in enumerate(self._words)}

    def translated(self, query: Query, weight: float) -> Query:
        """Give a foreign question by its subject alone, with the archive's words that lie nearest to its own added."""
        words = foreign_words(query.text)
        # The archive holds some of them, as names or in quotations: "the" would count as a rare word.
        empty = {stem(word) for word in tokens(query.text) if word in FOREIGN | _NO_SUBJECT} - set(map(stem, words))
        stands_for = {term: own for term, own in query.stands_for.items() if not empty & {term, own}}
        gone = empty | (query.stands_for.keys() - stands_for.keys())
        terms = {term: known for term, known in query.terms.items() if term not in gone}
        expanded = list(query.expanded)
        for word, near in zip(words, self.near(words), strict=True):
            for place, (other, cosine) in enumerate(near):
                if (one := stem(other)) not in terms:
                    terms[one] = weight * cosine
                    stands_for[one] = stem(word)
                    if not place:
                        expanded.append(other)
        return query._replace(
            terms=terms,
            stands_for=stands_for,
            expanded=tuple(dict.fromkeys(expanded)),
            unknown=tuple(word for word in query.unknown if word not in FOREIGN | _NO_SUBJECT),
            foreign=True,
        )

    def near(self, words: Sequence[str]) -> list[list[tuple[str, float]]]:
        """Give for each word the archive's words nearest to it with their cosines, one for each stem.

        A word that the archive holds too, as names and much of Swedish and Norwegian, is taken for itself, unless one
        that is commoner lies near.
        """
        if not words:
            return []
        cosines = self._encoder.encode(words, "query") @ self._table
        return [self._best(row[: self._places.get(stem(word))]) for word, row in zip(words, cosines, strict=True)]

    def _best(self, cosines: Vectors) -> list[tuple[str, float]]:
        found: dict[str, tuple[str, float]] = {}
        near = np.flatnonzero(cosines >= _NEAR)
        scores = cosines[near] - self._rarity[near]
        for place in near[np.argsort(-scores, kind="stable")].tolist():
            if len(found) < _NEAREST:
                word = self._words[place]
                found.setdefault(stem(word), (word, float(cosines[place])))
        return list(found.values())

    @cached_property
    def _rarity(self) -> Vectors:
        """What a word must lie nearer by for being rarer: a tenth of the cosine for each factor of a hundred."""
        rarity: Vectors = (0.05 * np.log10(10 + np.arange(len(self._words)))).astype(np.float32)
        return rarity

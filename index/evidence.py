"""What speaks for a passage as an answer to a question, each as one number; the ranking is their weighted sum."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from math import log
from typing import NamedTuple

import numpy as np

from corpus.split import sentences
from index.encoder import Encoder
from index.fusion import Scored
from index.mentions import Mentions
from index.query import Query
from index.store import Stored
from index.wanted import wanted
from index.words import Compounds

Stems = frozenset[str]
Span = tuple[int, int]

_OTHER = 0.7  # of a term's weight, where only another word for it stands there
_USUAL = 600  # characters of a passage
_CHAIR = re.compile(r"formand", re.I)
_SPOKESPERSON = re.compile(r"ordfører", re.I)


class Evidence(NamedTuple):
    """What speaks for one passage, from 0 to 1 where nothing else is said."""

    words: float  # BM25, over the best passage's
    vectors: float  # cosine of question and passage
    sentence: float  # how well its best sentence answers
    covered: float  # share of the question's terms, by weight, that stand in the passage
    around: float  # the same for the passage and what stands around it
    around_vectors: float  # cosine of the question and what stands around the passage
    fits: float  # it holds what is asked for: a number, a day
    asks: float  # it is a question itself
    loose: float  # it is neither question nor answer
    superseded: float  # another answer has taken its place
    length: float  # log of its characters over the usual
    chair: float  # the chair says it, who only gives the floor
    named: float  # the question names it by number


class Part(NamedTuple):
    """One sentence of a passage, and what speaks for it."""

    span: Span
    stems: Stems
    vectors: float
    fits: float
    asks: float
    length: float


class Judged(NamedTuple):
    """A passage's evidence, and its sentence that answers best."""

    evidence: Evidence
    span: Span


class SentenceWeights(NamedTuple):
    """How much each thing counts that speaks for a sentence."""

    vectors: float = 0.45
    words: float = 0.40
    fits: float = 0.27
    before: float = 0.15  # the words of the sentence before: an answer often goes on from what it repeats
    asks: float = -0.06
    length: float = 0.05


class Judge:
    """Weighs passages against one question."""

    def __init__(
        self,
        query: Query,
        idf: Callable[[str], float],
        compounds: Compounds,
        encoder: Encoder,
        weights: SentenceWeights,
    ) -> None:
        self._query = query
        self._encoder = encoder
        self._weights = weights
        self._wanted = wanted(query.text)
        self._terms = {term: weight * idf(term) for term, weight in query.terms.items() if term not in query.stands_for}
        self._total = sum(self._terms.values())
        self._mentions = Mentions({*query.terms, *query.stands_for}, compounds)
        self.coverage = lru_cache(maxsize=None)(self._coverage)

    def judge(self, candidates: Sequence[Stored], found: Sequence[Scored], superseded: Collection[int]) -> list[Judged]:
        """Weigh passages beside what the legs gave them; `superseded` are rows of documents."""
        spans = [list(sentences(one.passage.text)) or [(0, len(one.passage.text))] for one in candidates]
        texts = [
            one.passage.text[start:end] for one, each in zip(candidates, spans, strict=True) for start, end in each
        ]
        around = list(dict.fromkeys(one.context for one in candidates))
        cosines = iter(self._cosines([*around, *texts]))  # in one go: most of the time of a call is its overhead
        self._around = {text: (self._mentions(text), next(cosines)) for text in around}
        judged = []
        for stored, each, scored in zip(candidates, spans, found, strict=True):
            parts = [self._part(stored.passage.text, span, next(cosines)) for span in each]
            best, score = self._best(parts)
            judged.append(Judged(self._evidence(stored, parts, score, scored, superseded), best.span))
        return judged

    def _coverage(self, there: Stems) -> float:
        """Give the share, 0..1, of the question's weight whose terms, or others that stand for them, are there."""
        if not self._total:
            return 0.0
        other = {own for added, own in self._query.stands_for.items() if added in there}
        found = sum(
            weight * (1.0 if term in there else _OTHER * (term in other)) for term, weight in self._terms.items()
        )
        return found / self._total

    def _part(self, text: str, span: Span, cosine: float) -> Part:
        sentence = text[span[0] : span[1]]
        return Part(
            span,
            self._mentions(sentence),
            cosine,
            self._wanted.fit(sentence),
            float(sentence.endswith("?")),
            log(len(sentence) / 100),
        )

    def _best(self, parts: Sequence[Part]) -> tuple[Part, float]:
        weights = self._weights
        scores = list[float]()
        before = 0.0
        for part in parts:
            words = self.coverage(part.stems)
            scores.append(
                weights.vectors * part.vectors
                + weights.words * words
                + weights.fits * part.fits
                + weights.before * before
                + weights.asks * part.asks
                + weights.length * part.length
            )
            before = words
        best = max(range(len(parts)), key=lambda n: (scores[n], -n))
        return parts[best], scores[best]

    def _evidence(
        self, stored: Stored, parts: Sequence[Part], best: float, scored: Scored, superseded: Collection[int]
    ) -> Evidence:
        there = frozenset[str]().union(*(part.stems for part in parts))
        role = f"{stored.section.speaker} {stored.section.role}"
        return Evidence(
            words=scored.words,
            vectors=scored.vectors,
            sentence=best,
            covered=self.coverage(there),
            around=self.coverage(there | self._around[stored.context][0]),
            around_vectors=max(0.0, self._around[stored.context][1]),
            fits=max(part.fits for part in parts),
            asks=float(stored.passage.kind == "spørgsmål"),
            loose=float(stored.passage.kind == "tekst"),
            superseded=float(stored.document_row in superseded),
            length=log(len(stored.passage.text) / _USUAL),
            chair=float(bool(_CHAIR.search(role)) and not _SPOKESPERSON.search(role)),
            named=scored.named,
        )

    def _cosines(self, texts: Sequence[str]) -> list[float]:
        if self._query.vector is None or not self._encoder.cheap:
            return [0.0] * len(texts)
        found: list[float] = np.asarray(self._encoder.encode(texts, "passage") @ self._query.vector).tolist()
        return found

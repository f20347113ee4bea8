"""What speaks for a passage as an answer to a question, each as one number; the ranking is their weighted sum."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.fusion import Scored
from index.query import Query
from index.sentences import Parsed, Sentences
from index.store import Stored
from index.wanted import wanted
from index.words import stem, tokens

Span = tuple[int, int]
Floats = NDArray[np.float64]

_OTHER = 0.7  # of a term's weight, where only another word for it stands there
_NAME = re.compile(r"(?<!^)\b[A-ZÆØÅ]\w*|\b\d[\w.,]*")  # a capital within the question, or a number


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
    named: float  # the question names it by number


class Judged(NamedTuple):
    """A passage's evidence, its sentence that answers best, and what of the question stands in it or around it."""

    evidence: Evidence
    span: Span
    found: float  # words
    missing: float  # weight of the names and numbers that do not; 1 is that of a word which stands nowhere
    rarest: float  # weight of the question's rarest word, likewise


class SentenceWeights(NamedTuple):
    """How much each thing counts that speaks for a sentence."""

    vectors: float = 0.45
    words: float = 0.40
    fits: float = 0.27
    before: float = 0.15  # the words of the sentence before: an answer often goes on from what it repeats


class Terms:
    """A question's own terms, with what stands for each, as columns of what passages hold."""

    def __init__(self, query: Query, idf: Callable[[str], float]) -> None:
        own = [term for term in query.terms if term not in query.stands_for]
        column = {term: place for place, term in enumerate(own)}
        # What stands for a term that was dropped speaks for nothing here.
        others = [(other, column[term]) for other, term in query.stands_for.items() if term in column]
        self.columns = [*own, *(other for other, _ in others)]
        self._own = len(own)
        self._for = np.zeros((len(others), len(own)))
        self._for[range(len(others)), [place for _, place in others]] = _OTHER
        self.weights: Floats = np.array([query.terms[term] * idf(term) for term in own])
        self.whole: Floats = np.array([float(query.terms[term] >= 1.0) for term in own])  # words, not parts of words
        names = set(map(stem, tokens(" ".join(_NAME.findall(query.text)))))
        self.most = idf("")  # weight of a word that stands nowhere in the archive
        self.names: Floats = np.array([float(term in names) for term in own])

    def held(self, columns: NDArray[np.bool_]) -> Floats:
        """Tell how far each own term is held [s, terms]: 1, less where only another word for it is, or 0."""
        others = columns[:, self._own :].astype(np.float64) @ self._for
        held: Floats = np.maximum(columns[:, : self._own].astype(np.float64), np.minimum(others, _OTHER))
        return held

    def coverage(self, held: Floats) -> Floats:
        """Give the share [s], 0..1, of the question's weight that is held."""
        share: Floats = held @ self.weights / (self.weights.sum() or 1.0)
        return share


class Judge:
    """Weighs passages against one question."""

    def __init__(
        self,
        query: Query,
        idf: Callable[[str], float],
        sentences: Sentences,
        encoder: Encoder,
        weights: SentenceWeights,
    ) -> None:
        self._query = query
        self._sentences = sentences
        self._encoder = encoder
        self._weights = weights
        self._wanted = wanted(query.text)
        self._terms = Terms(query, idf)

    def judge(self, candidates: Sequence[Stored], found: Sequence[Scored], superseded: Collection[int]) -> list[Judged]:
        """Weigh passages beside what the legs gave them; `superseded` are rows of documents."""
        if not candidates:
            return []
        terms = self._terms
        parsed = self._sentences.parsed([one.row for one in candidates])
        cosines = self._sentences.cosines(parsed, self._query.vector, self._encoder).astype(np.float64)
        columns = self._sentences.mentions(parsed, terms.columns)
        first, n = parsed.first[:-1], parsed.first[-1]  # after the last passage's sentences come the contexts
        within = np.logical_or.reduceat(columns[:n], first)
        around = terms.held(within | columns[n:])
        texts = [one.passage.text for one in candidates]
        fits = self._fits(texts, parsed)
        scores = self._scores(parsed, cosines[:n], terms.coverage(terms.held(columns[:n])), fits)
        best = [begin + int(scores[begin:end].argmax()) for begin, end in pairwise(parsed.first.tolist())]
        rows = zip(
            candidates,
            found,
            best,
            terms.coverage(terms.held(within)).tolist(),
            terms.coverage(around).tolist(),
            np.maximum.reduceat(fits, first).tolist(),
            np.maximum(cosines[n:], 0.0).tolist(),
            (around @ terms.whole).tolist(),
            ((1 - around) @ (terms.weights * terms.names) / terms.most).tolist(),
            strict=True,
        )
        rarest = float(terms.weights.max(initial=0.0)) / terms.most
        return [
            Judged(
                _evidence(stored, scored, superseded)._replace(
                    sentence=float(scores[place]), covered=share, around=wide, fits=fit, around_vectors=cosine
                ),
                (int(parsed.spans[place, 0]), int(parsed.spans[place, 1])),
                words,
                missing,
                rarest,
            )
            for stored, scored, place, share, wide, fit, cosine, words, missing in rows
        ]

    def _fits(self, texts: Sequence[str], parsed: Parsed) -> Floats:
        """Tell of every sentence how far it holds what is asked for."""
        kinds = self._wanted.kinds
        fits = np.zeros(parsed.first[-1])
        owners = np.repeat(np.arange(len(texts)), np.diff(parsed.first))
        for place in np.flatnonzero(parsed.holds[: len(fits)] & kinds == kinds) if kinds else ():
            start, end = parsed.spans[place]
            fits[place] = self._wanted.fit(texts[owners[place]][start:end], kinds)
        return fits

    def _scores(self, parsed: Parsed, cosines: Floats, covered: Floats, fits: Floats) -> Floats:
        weights = self._weights
        before = np.roll(covered, 1)
        before[parsed.first[:-1]] = 0.0
        scores: Floats = (
            weights.vectors * cosines + weights.words * covered + weights.fits * fits + weights.before * before
        )
        return scores


def _evidence(stored: Stored, scored: Scored, superseded: Collection[int]) -> Evidence:
    """Give what speaks for a passage whatever the question's words are."""
    return Evidence(
        words=scored.words,
        vectors=scored.vectors,
        sentence=0.0,
        covered=0.0,
        around=0.0,
        around_vectors=0.0,
        fits=0.0,
        asks=float(stored.passage.kind == "spørgsmål"),
        loose=float(stored.passage.kind == "tekst"),
        superseded=float(stored.document_row in superseded),
        named=scored.named,
    )

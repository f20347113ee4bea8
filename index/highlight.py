"""Which sentence of a passage answers best."""

from __future__ import annotations

from collections.abc import Callable

from corpus.split import sentences
from index.encoder import Encoder
from index.numbers import values
from index.query import Query
from index.words import Compounds, stem, tokens

_WORDS = 0.5  # share of the words; the rest is the vectors'
_OTHER = 0.7  # of a term's weight, where only another word for it stands there


def best_sentence(
    query: Query, text: str, idf: Callable[[str], float], compounds: Compounds, encoder: Encoder
) -> tuple[int, int]:
    """Give start and end of the sentence that shares most with the question, by words and, where cheap, vectors."""
    spans = list(sentences(text)) or [(0, len(text))]
    if len(spans) == 1:
        return spans[0]
    scores = [coverage(text[start:end], query, idf, compounds) for start, end in spans]
    if query.vector is not None and encoder.cheap:
        cosines = encoder.encode([text[start:end] for start, end in spans], "passage") @ query.vector
        scores = [_WORDS * words + (1 - _WORDS) * float(cosine) for words, cosine in zip(scores, cosines, strict=True)]
    return spans[max(range(len(spans)), key=lambda n: (scores[n], -n))]


def coverage(text: str, query: Query, idf: Callable[[str], float], compounds: Compounds) -> float:
    """Give the share, 0..1, of the question's weight whose terms, or others that stand for them, stand in a text."""
    words = tokens(text)
    there = {*map(stem, words), *compounds.stems(words), *values(text)}
    other = {own for added, own in query.stands_for.items() if added in there}
    weights = {term: weight * idf(term) for term, weight in query.terms.items() if term not in query.stands_for}
    total = sum(weights.values())
    found = sum(weight * (1.0 if term in there else _OTHER * (term in other)) for term, weight in weights.items())
    return found / total if total else 0.0

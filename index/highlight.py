"""Which sentence of a passage answers best."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from corpus.split import sentences
from index.encoder import Encoder
from index.query import Query
from index.words import Compounds, stem, tokens

_WORDS = 0.5  # share of the words; the rest is the vectors'


def best_sentence(
    query: Query, text: str, idf: Callable[[str], float], compounds: Compounds, encoder: Encoder
) -> tuple[int, int]:
    """Give start and end of the sentence that shares most with the question, by words and, where cheap, vectors."""
    spans = list(sentences(text)) or [(0, len(text))]
    if len(spans) == 1:
        return spans[0]
    scores = [coverage(text[start:end], query.terms, idf, compounds) for start, end in spans]
    if query.vector is not None and encoder.cheap:
        cosines = encoder.encode([text[start:end] for start, end in spans], "passage") @ query.vector
        scores = [_WORDS * words + (1 - _WORDS) * float(cosine) for words, cosine in zip(scores, cosines, strict=True)]
    return spans[max(range(len(spans)), key=lambda n: (scores[n], -n))]


def coverage(text: str, terms: Mapping[str, float], idf: Callable[[str], float], compounds: Compounds) -> float:
    """Give the share, 0..1, of the query's weight whose terms stand in a text."""
    words = tokens(text)
    there = {*map(stem, words), *compounds.stems(words)}
    weights = {term: weight * idf(term) for term, weight in terms.items()}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in there) / total if total else 0.0

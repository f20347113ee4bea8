"""Fusion: one order from two legs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Scored(NamedTuple):
    """One passage's row with its fused score and what each leg gave it, from 0 to 1."""

    row: int
    score: float
    words: float  # BM25 over that of the best
    vectors: float  # cosine
    lexical: float = 0.0  # the share of the words in the score
    dense: float = 0.0  # the share of the vectors
    named: float = 0.0  # 1 where the question names it by number


def convex(lexical: Mapping[int, float], dense: Mapping[int, float], weight: float) -> list[Scored]:
    """Give all rows of both legs, best first, by `weight` * lexical + (1 - weight) * dense.

    BM25 scores are scaled so that the best is 1; cosines stay as they are, so that a weak leg cannot pass for a strong
    one. A row that one leg did not find has 0 there. Ties go to the lower row. (After Bruch, Gai, Ingber: An Analysis
    of Fusion Functions for Hybrid Retrieval, 2023.)
    """
    best = max(lexical.values(), default=0.0) or 1.0
    scored = []
    for row in lexical.keys() | dense.keys():
        words, vectors = lexical.get(row, 0.0) / best, max(0.0, dense.get(row, 0.0))
        shares = weight * words, (1 - weight) * vectors
        scored.append(Scored(row, sum(shares), words, vectors, *shares))
    return sorted(scored, key=lambda one: (-one.score, one.row))

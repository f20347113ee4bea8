"""Fusion: one order from two legs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Scored(NamedTuple):
    """One passage's row with its fused score and the share of each leg in it."""

    row: int
    score: float
    lexical: float
    dense: float
    named: float = 0.0  # for being named by number in the question

    def weighed(self, weight: float) -> Scored:
        """Give the same passage with all of its score at `weight`."""
        return Scored(self.row, *(weight * share for share in self[1:]))


def convex(lexical: Mapping[int, float], dense: Mapping[int, float], weight: float) -> list[Scored]:
    """Give all rows of both legs, best first, by `weight` * lexical + (1 - weight) * dense.

    BM25 scores are scaled so that the best is 1; cosines stay as they are, so that a weak leg cannot pass for a strong
    one. A row that one leg did not find has 0 there. Ties go to the lower row. (After Bruch, Gai, Ingber: An Analysis
    of Fusion Functions for Hybrid Retrieval, 2023.)
    """
    best = max(lexical.values(), default=0.0) or 1.0
    scored = []
    for row in lexical.keys() | dense.keys():
        words = weight * lexical.get(row, 0.0) / best
        vectors = (1 - weight) * max(0.0, dense.get(row, 0.0))
        scored.append(Scored(row, words + vectors, words, vectors))
    return sorted(scored, key=lambda one: (-one.score, one.row))

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
    """Give all rows of both legs, best first, by `weight` * lexical + (1 - weight) * dense, each leg scaled to 0..1.

    A row that one leg did not find has 0 there. Ties go to the lower row. (Bruch, Gai, Ingber: An Analysis of Fusion
    Functions for Hybrid Retrieval, 2023.)
    """
    words, vectors = _scaled(lexical, floor=0.0), _scaled(dense)
    rows = words.keys() | vectors.keys()
    scored = [
        Scored(row, weight * words.get(row, 0.0) + (1 - weight) * vectors.get(row, 0.0),
               weight * words.get(row, 0.0), (1 - weight) * vectors.get(row, 0.0))
        for row in rows
    ]  # fmt: skip
    return sorted(scored, key=lambda one: (-one.score, one.row))


def _scaled(scores: Mapping[int, float], floor: float | None = None) -> dict[int, float]:
    """Scale scores so that the best is 1, and `floor`, or the worst of them, is 0."""
    if not scores:
        return {}
    low = min(scores.values()) if floor is None else floor
    span = max(scores.values()) - low
    return {row: (score - low) / span if span > 0 else 1.0 for row, score in scores.items()}

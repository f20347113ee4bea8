"""Fusion: one order from two legs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scored(NamedTuple):
    """One passage's row with its fused score and what each leg gave it, from 0 to 1."""

    row: int
    score: float
    words: float  # BM25 over that of the best
    vectors: float  # cosine
    lexical: float = 0.0  # the share of the words in the score
    dense: float = 0.0  # the share of the vectors
    named: float = 0.0  # 1 where the question names it by number


def convex(lexical: Mapping[int, float], dense: Mapping[int, float], weight: float, k: int) -> list[Scored]:
    """Give the k best rows of both legs, best first, by `weight` * lexical + (1 - weight) * dense.

    BM25 scores are scaled so that the best is 1; cosines stay as they are, so that a weak leg cannot pass for a strong
    one. A row that one leg did not find has 0 there. Ties go to the lower row. (After Bruch, Gai, Ingber: An Analysis
    of Fusion Functions for Hybrid Retrieval, 2023.)
    """
    rows = np.array(sorted(lexical.keys() | dense.keys()), dtype=np.int64)
    words, vectors = _column(lexical, rows), np.maximum(_column(dense, rows), 0.0)
    words /= words.max(initial=0.0) or 1.0
    shares = weight * words, (1 - weight) * vectors
    scores = shares[0] + shares[1]
    best = np.argsort(-scores, kind="stable")[:k]
    return list(map(Scored, *(column[best].tolist() for column in (rows, scores, words, vectors, *shares))))


def _column(found: Mapping[int, float], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    column = np.zeros(len(rows))
    column[np.searchsorted(rows, list(found))] = list(found.values())
    return column

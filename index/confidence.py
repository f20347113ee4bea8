"""How sure it is that the best hit answers the question."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from index.query import Query
from index.ranking import Ranked
from index.settings import Ranking

# A foreign question's words do not stand in the archive, whatever it knows: what Danish questions have on average.
_FOREIGN = {"known": 0.78, "found": 3.3, "rarest": 0.78}


class Signs(NamedTuple):
    """What tells an answer from a passage that is merely the nearest."""

    known: float  # the largest share of the question's weight that stands in or around any passage that was weighed
    found: float  # words of the question that stand in or around the best
    missing: float  # weight of the names and numbers in the question that do not; 1: of one that stands nowhere
    rarest: float  # weight of its rarest word, likewise
    around_vectors: float  # cosine of the question and what stands around the best


def signs(query: Query, ranked: Sequence[Ranked]) -> Signs:
    """Gather them from what was weighed, best first."""
    best = ranked[0].judged
    found = Signs(
        known=max(one.judged.evidence.around for one in ranked),
        found=best.found,
        missing=best.missing,
        rarest=best.rarest,
        around_vectors=best.evidence.around_vectors,
    )
    return found._replace(**_FOREIGN) if query.foreign else found


def confidence(query: Query, ranked: Sequence[Ranked], ranking: Ranking) -> float:
    """Give the probability, 0..1, that the best hit answers the question; 1 where the question names it."""
    if ranked[0].scored.named:
        return 1.0
    bias, *weights = ranking.confidence
    x = bias + sum(sign * weight for sign, weight in zip(signs(query, ranked), weights, strict=True))
    return 1 / (1 + exp(-max(-50.0, x)))

"""How sure it is that the best hit answers the question."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from index.query import Query
from index.ranking import Ranked
from index.settings import Ranking

# A foreign question's words do not stand in the archive, whatever it knows: about what the answerable have.
_FOREIGN = 0.7


class Signs(NamedTuple):
    """What tells an answer from a passage that is merely the nearest."""

    covered: float
    around: float
    vectors: float
    around_vectors: float
    sentence: float
    fits: float
    lead: float  # by how much the best passage's score is over the mean of the next four
    unknown: float  # share of the question's words that the archive does not hold


def signs(query: Query, ranked: Sequence[Ranked]) -> Signs:
    """Gather them from what was weighed, best first."""
    best, *others = ranked
    evidence = best.judged.evidence
    following = [one.score for one in others[:4]]
    own = len(query.terms) - len(query.stands_for)
    return Signs(
        covered=_FOREIGN if query.foreign else evidence.covered,
        around=_FOREIGN if query.foreign else evidence.around,
        vectors=evidence.vectors,
        around_vectors=evidence.around_vectors,
        sentence=evidence.sentence,
        fits=evidence.fits,
        lead=best.score - sum(following) / len(following) if following else 0.0,
        unknown=0.0 if query.foreign else len(query.unknown) / max(1, own),
    )


def confidence(query: Query, ranked: Sequence[Ranked], ranking: Ranking) -> float:
    """Give the probability, 0..1, that the best hit answers the question; 1 where the question names it."""
    if ranked[0].scored.named:
        return 1.0
    bias, *weights = ranking.confidence
    x = bias + sum(sign * weight for sign, weight in zip(signs(query, ranked), weights, strict=True))
    return 1 / (1 + exp(-max(-50.0, x)))

"""Measures of one ranking, one function each, and their means; they agree with ir-measures, which a test holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Run = Mapping[str, Mapping[str, float]]  # query -> passage -> score
Qrels = Mapping[str, Mapping[str, int]]  # query -> passage -> relevance
Gains = Sequence[int]  # relevance of what was found, best first; 1 or more is relevant


def success(gains: Gains, k: int) -> float:
    """Give 1 if one of the first k is relevant, else 0."""
    return float(any(gain > 0 for gain in gains[:k]))


def reciprocal_rank(gains: Gains, k: int) -> float:
    """Give 1 / rank of the first relevant one among the first k, else 0."""
    return next((1 / rank for rank, gain in enumerate(gains[:k], 1) if gain > 0), 0.0)


def recall(gains: Gains, relevances: Iterable[int], k: int) -> float:
    """Give the share of all that is relevant that stands among the first k; 0 where nothing is."""
    wanted = sum(relevance > 0 for relevance in relevances)
    return sum(gain > 0 for gain in gains[:k]) / wanted if wanted else 0.0


def ndcg(gains: Gains, relevances: Iterable[int], k: int) -> float:
    """Give the discounted gain of the first k beside the best possible: gain is relevance, discount log2(rank + 1)."""
    best = _dcg(sorted((max(0, relevance) for relevance in relevances), reverse=True)[:k])
    return _dcg(gains[:k]) / best if best else 0.0


def _dcg(gains: Gains) -> float:
    return sum(max(0, gain) / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


MEASURES: Mapping[str, Callable[[Mapping[str, float], Mapping[str, int]], float]] = {
    "ndcg@10": lambda hits, marks: ndcg(_gains(hits, marks), marks.values(), 10),
    "recall@10": lambda hits, marks: recall(_gains(hits, marks), marks.values(), 10),
    "recall@100": lambda hits, marks: recall(_gains(hits, marks), marks.values(), 100),
    "mrr@10": lambda hits, marks: reciprocal_rank([marks.get(passage, 0) for passage in _by_name(hits)], 10),
    "success@1": lambda hits, marks: success(_gains(hits, marks), 1),
    "success@5": lambda hits, marks: success(_gains(hits, marks), 5),
}
NAMES = tuple(MEASURES)


def measure(qrels: Qrels, run: Run) -> dict[str, float]:
    """Give the mean of each measure over all queries of the qrels."""
    return means(measure_each(qrels, run).values())


def measure_each(qrels: Qrels, run: Run) -> dict[str, dict[str, float]]:
    """Give each measure for every query of the qrels; one without a run scores 0, and does not vanish."""
    return {
        query: {name: one(run.get(query, {}), marks) for name, one in MEASURES.items()}
        for query, marks in qrels.items()
    }


def means(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Give the mean of each measure over the rows that have it."""
    columns: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in columns.items()}


def _gains(hits: Mapping[str, float], marks: Mapping[str, int]) -> list[int]:
    """Order as trec_eval does: scores are 32 bits wide, and of equals the last by name comes first."""
    ranked = sorted(hits, key=lambda passage: (np.float32(hits[passage]), passage), reverse=True)
    return [marks.get(passage, 0) for passage in ranked]


def _by_name(hits: Mapping[str, float]) -> list[str]:
    """Order as MS MARCO's reciprocal rank does, which ir-measures takes: of equals the first by name comes first."""
    return sorted(hits, key=lambda passage: (-hits[passage], passage))


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Give the 50th and 95th percentile of some times."""
    ordered = sorted(milliseconds) or [0.0]
    return {
        f"p{share}_ms": round(ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))], 3)
        for share in (50, 95)
    }


def rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Round measures to four places, as they are reported."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}

"""Whether one model finds more than another: the measures on what was held out, and how far chance explains them."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index import lexical
from index.encoder import Encoder
from index.lessons import Block, questions
from index.pairs import cut
from index.settings import Ranking
from index.vectors import Vectors
from index.words import Compounds

_QUERIES = 1_000  # of each kind at most
_DRAWS = 2_000


class Trial(NamedTuple):
    """Queries put to a pool of texts; of each query the places in the pool that are right."""

    queries: list[str]
    pool: list[str]
    right: list[list[int]]


class Ranks(NamedTuple):
    """The reciprocal rank of the first right text for each query: by vectors alone, and with the words."""

    dense: Vectors
    hybrid: Vectors


def trials(held: Sequence[Block], seed: int) -> dict[str, Trial]:
    """Give what is asked of the part held out.

    `sentence`: one sentence of each passage is to find the rest of it; `question`: a question is to find a passage
    that answers it.
    """
    rng = random.Random(seed)  # noqa: S311 (chooses what is measured, guards nothing)
    sentence, question = Trial([], [], []), Trial([], [], [])
    for block in held:
        for part in block:
            left, right = next(cut(part.sentences, 1, rng), ((), part.sentences))
            if left and len(sentence.queries) < _QUERIES:
                sentence.queries.append(" ".join(left))
                sentence.right.append([len(sentence.pool)])
            sentence.pool.append(" ".join(right))
        places = dict[int, int]()
        for part in block:
            if part.section.kind != "spørgsmål":
                places[id(part)] = len(question.pool)
                question.pool.append(part.text)
        for asked, answers in questions(block):
            if len(question.queries) < _QUERIES:
                question.queries.append(" ".join(asked))
                question.right.append([places[id(answer)] for answer in answers])
    return {name: one for name, one in (("sentence", sentence), ("question", question)) if one.queries}


def words(trial: Trial, compounds: Compounds) -> Vectors:
    """Score the pool by its words for each query (queries x pool), the best of each query at 1, as `convex` does."""
    scores = np.zeros((len(trial.queries), len(trial.pool)), dtype=np.float32)
    with tempfile.TemporaryDirectory(prefix="spoergetime-trial-") as scratch:
        entries = (lexical.Entry(row, 0, text, "", "") for row, text in enumerate(trial.pool))
        lexical.write(Path(scratch), entries, compounds)
        leg = lexical.Lexical(Path(scratch), compounds)
        for query, text in enumerate(trial.queries):
            for row, score in leg.search(leg.terms(text), Ranking.candidates).items():
                scores[query, row] = score
    scores /= scores.max(axis=1, keepdims=True).clip(1e-9)
    return scores


def ranks(trial: Trial, scores: Vectors, encoder: Encoder) -> Ranks:
    """Rank the pool for every query; `scores` are those of its words."""
    cosines: Vectors = encoder.encode(trial.queries, "query") @ encoder.encode(trial.pool, "passage").T
    fused = Ranking.lexical_weight * scores + (1 - Ranking.lexical_weight) * cosines.clip(0)
    return Ranks(*(_reciprocal(each.astype(np.float32), trial.right) for each in (cosines, fused)))


def figures(found: Ranks) -> dict[str, float]:
    """Give the number of queries and the means of the measures."""
    measured = {"queries": float(len(found.dense))}
    for name, each in (("", found.dense), ("hybrid_", found.hybrid)):
        measured[f"{name}mrr"] = round(float(each.mean()), 4)
        measured[f"{name}recall@10"] = round(float((each >= 0.1).mean()), 4)
    return measured


def interval(differences: Vectors, seed: int) -> tuple[float, float]:
    """Give the 95 % interval of a mean of paired differences, by drawing the queries again and again."""
    rng = np.random.default_rng(seed)
    drawn = [float(rng.choice(differences, len(differences)).mean()) for _ in range(_DRAWS)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)


def chance(differences: Vectors, seed: int) -> float:
    """Give how often paired differences would have a mean as high as this, were each as likely to be the other way.

    Unlike the interval it does not take a handful of queries that moved for proof.
    """
    rng = np.random.default_rng(seed)
    moved = differences[differences != 0]
    as_high = sum(
        int(moved @ rng.choice((-1.0, 1.0), len(moved)).astype(np.float32) >= moved.sum() - 1e-6) for _ in range(_DRAWS)
    )
    return round((1 + as_high) / (1 + _DRAWS), 4)


def _reciprocal(scores: Vectors, right: Sequence[Sequence[int]]) -> Vectors:
    best = np.array([scores[query, places].max() for query, places in enumerate(right)], dtype=np.float32)
    better: Vectors = (scores > best[:, None]).sum(axis=1)
    return (1 / (1 + better)).astype(np.float32)

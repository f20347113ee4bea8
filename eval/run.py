"""Question sets put to an index: what came of each question, and the measures over all, per set and per slice."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from corpus.records import Answer
from eval import confidence
from eval.judge import ABSENT, DEPTH, Quotes, score
from eval.measures import means, percentiles, rounded
from eval.questions import Question, QuestionSet
from eval.resample import INTERVAL, interval, resampled
from index.search import Mode, Searcher

_ROUNDS = 2_000  # of the many intervals of a table: enough for two places


class Outcome(NamedTuple):
    """What came of one question."""

    set: str
    question: Question
    measures: Mapping[str, float]
    answered: bool
    confidence: float
    right: bool  # the first hit holds an accepted answer
    milliseconds: float
    found: tuple[str, ...]  # passages, best first
    first: str | None  # the file of the best
    relevant: tuple[str, ...]  # passages that hold an accepted answer


def ask(searcher: Searcher, question: Question, mode: Mode) -> Answer:
    """Put one question, with the questions it goes on."""
    return searcher.ask(question.question, DEPTH, mode=mode, previous=question.previous)


def outcomes(sets: Iterable[QuestionSet], searcher: Searcher, mode: Mode = "hybrid") -> list[Outcome]:
    """Put every question of the sets to an index."""
    quotes = Quotes(searcher.store)
    asked = [(one.name, question) for one in sets for question in one.questions]
    if asked:
        ask(searcher, asked[0][1], mode)  # the first question opens what is opened late
    return [_outcome(name, question, searcher, mode, quotes) for name, question in asked]


def _outcome(name: str, question: Question, searcher: Searcher, mode: Mode, quotes: Quotes) -> Outcome:
    before = time.perf_counter()
    answer = ask(searcher, question, mode)
    milliseconds = 1000 * (time.perf_counter() - before)
    relevant = quotes.relevant(question)
    measures = score(question, answer, relevant)
    return Outcome(
        set=name,
        question=question,
        measures=measures,
        answered=answer.answered,
        confidence=answer.confidence,
        right=bool(measures.get("success@1")),
        milliseconds=milliseconds,
        found=tuple(hit.passage.id for hit in answer.hits),
        first=answer.hits[0].citation.file if answer.hits else None,
        relevant=relevant,
    )


def evaluate(sets: Sequence[QuestionSet], searcher: Searcher, mode: Mode = "hybrid") -> dict[str, Any]:
    """Give the measures of an index over all questions, per set and per slice, and each question's own, as JSON."""
    return as_json(outcomes(sets, searcher, mode), sets, searcher, mode)


def as_json(rows: Sequence[Outcome], sets: Sequence[QuestionSet], searcher: Searcher, mode: Mode) -> dict[str, Any]:
    """Give outcomes as `eval run --json` prints them."""
    hashes = {one.name: one.sha256 for one in sets}
    return {
        **summary(rows),
        **percentiles([row.milliseconds for row in rows]),
        "confidence": trust(rows),
        "interval": INTERVAL,
        "mode": mode,
        "model": searcher.encoder.identity.name,
        "generation": searcher.manifest.generation,
        "not_in_the_index": [row.question.id for row in rows if any(id_.startswith(ABSENT) for id_ in row.relevant)],
        "slices": {name: summary(part) for name, part in by_slice(rows).items()},
        "sets": {
            name: {
                "sha256": hashes[name],
                **summary(part),
                "slices": {inner: summary(rest) for inner, rest in by_slice(part).items()},
            }
            for name, part in by_set(rows).items()
        },
        "per_question": {row.question.id: rounded(row.measures) for row in rows},
        "asked": {
            row.question.id: {
                "question": row.question.question,
                "set": row.set,
                "slice": row.question.slice,
                "confidence": row.confidence,
                "ms": round(row.milliseconds, 3),
            }
            for row in rows
        },
    }


def summary(rows: Sequence[Outcome]) -> dict[str, Any]:
    """Give the number of questions, the mean of each measure, and its interval as `intervals`."""
    columns: dict[str, list[float]] = defaultdict(list)
    for name, value in chain.from_iterable(row.measures.items() for row in rows):
        columns[name].append(value)
    bounds = {name: [round(bound, 4) for bound in interval(values, _ROUNDS)] for name, values in columns.items()}
    return {"questions": len(rows), **rounded(means(row.measures for row in rows)), "intervals": bounds}


def trust(rows: Sequence[Outcome]) -> dict[str, Any]:
    """Give how far the confidence can be trusted over these questions; null where no question is unanswerable."""
    confidences, right = [row.confidence for row in rows], [row.right for row in rows]
    answerable = [bool(row.question.answers) for row in rows]
    area = auroc(rows)
    curve = confidence.risk_coverage(confidences, right)
    values = {
        "auroc": area,
        "balanced_accuracy": confidence.balanced_accuracy([row.answered for row in rows], answerable),
        "calibration_error": confidence.calibration_error(confidences, right),
        "risk_coverage_area": confidence.area(curve),
    }
    bounds = None if area is None else _auroc_interval(confidences, answerable)
    return {
        **rounded(values),
        "intervals": {} if bounds is None else {"auroc": bounds},
        "risk_coverage": [[round(number, 4) for number in point] for point in curve],
    }


def auroc(rows: Iterable[Outcome]) -> float | None:
    """Give how well the confidence tells the answerable questions from the others; None where there are only such."""
    sides: dict[bool, list[float]] = {True: [], False: []}
    for row in rows:
        sides[bool(row.question.answers)].append(row.confidence)
    return confidence.auroc(sides[True], sides[False])


def _auroc_interval(confidences: Sequence[float], answerable: Sequence[bool]) -> list[float]:
    values, can = np.asarray(confidences), np.asarray(answerable)
    drawn = [
        area
        for block in resampled(len(values), _ROUNDS)
        for rows in block
        if (area := confidence.auroc(values[rows][can[rows]].tolist(), values[rows][~can[rows]].tolist())) is not None
    ]
    return [round(float(bound), 4) for bound in np.percentile(drawn, (2.5, 97.5))]


def by_set(rows: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Sort outcomes by their set, in the order they came."""
    return _grouped(rows, lambda row: row.set)


def by_slice(rows: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Sort outcomes by their slice, by name."""
    return dict(sorted(_grouped(rows, lambda row: row.question.slice).items()))


def _grouped(rows: Iterable[Outcome], key: Callable[[Outcome], str]) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def run_of(rows: Iterable[Outcome]) -> dict[str, dict[str, float]]:
    """Give outcomes as a run: the rank is the score, so that no measure depends on how it breaks ties."""
    return {row.question.id: {passage: float(DEPTH - place) for place, passage in enumerate(row.found)} for row in rows}


def qrels_of(rows: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Give the qrels of the answerable questions: every passage of the index that holds a quote, at relevance 1."""
    return {row.question.id: dict.fromkeys(row.relevant, 1) for row in rows if row.question.answers}

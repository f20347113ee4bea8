"""Question sets: questions with the words that answer them, by file and quote."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from corpus.clean import clean
from corpus.errors import InputError
from corpus.records import Answer, Hit
from eval.measures import percentiles, rounded
from index.search import Searcher

DEPTH = 10  # hits looked at for each question


class Accepted(NamedTuple):
    """One accepted answer: these words in this file."""

    file: str
    quote: str


class Question(NamedTuple):
    """One question; without accepted answers it is unanswerable, and only abstention is right."""

    id: str
    question: str
    answers: tuple[Accepted, ...]
    slice: str


def read_questions(path: Path) -> list[Question]:
    """Read a question set: lines of JSON with `id`, `question`, `answers` and, if wanted, `slice`."""
    questions = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):  # noqa: B007 - for the message
            if line.strip():
                record = json.loads(line)
                answers = tuple(Accepted(answer["file"], answer["quote"]) for answer in record["answers"])
                questions.append(Question(record["id"], record["question"], answers, record.get("slice", "all")))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name a question set") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f'{path}, line {number}: needs "id", "question" and "answers" ({error})') from error
    if not questions:
        raise InputError(f"{path} holds no questions. Name a question set")
    return questions


def evaluate(path: Path, searcher: Searcher) -> dict[str, Any]:
    """Put every question of a set to an index, and give the measures over all and for each slice."""
    by_slice: dict[str, list[dict[str, float]]] = defaultdict(list)
    each: dict[str, dict[str, float]] = {}
    times = []
    for question in read_questions(path):
        before = time.perf_counter()
        answer = searcher.ask(question.question, DEPTH)
        times.append(1000 * (time.perf_counter() - before))
        each[question.id] = score(question, answer)
        by_slice[question.slice].append(each[question.id])
    everything = list(each.values())
    return {
        "questions": len(everything),
        **_means(everything),
        **percentiles(times),
        "generation": searcher.manifest.generation,
        "slices": {name: {"questions": len(rows), **_means(rows)} for name, rows in sorted(by_slice.items())},
        "per_question": each,
    }


def score(question: Question, answer: Answer) -> dict[str, float]:
    """Score one answer; a measure that does not apply to the question is left out.

    Answerable: `success@1`, `success@5`, `mrr@10`, `marked` (the marked sentence of the first right hit among five
    holds the quote). All: `decided` (an answer was given to the answerable, and none to the unanswerable).
    """
    decided = float(answer.answered == bool(question.answers))
    if not question.answers:
        return {"decided": decided}
    right = [hit for hit in answer.hits if any(holds(hit, accepted) for accepted in question.answers)]
    rank = right[0].rank if right else None
    return {
        "success@1": float(rank == 1),
        "success@5": float(rank is not None and rank <= 5),
        "mrr@10": 1 / rank if rank else 0.0,
        "marked": float(
            rank is not None
            and rank <= 5
            and any(_within(accepted.quote, _marked(right[0])) for accepted in question.answers)
        ),
        "decided": decided,
    }


def holds(hit: Hit, accepted: Accepted) -> bool:
    """Tell whether a hit is from the file and holds the quote, white space and hyphenation aside."""
    same_file = any(file == accepted.file or file.endswith("/" + accepted.file) for file in hit.files)
    return same_file and _within(accepted.quote, hit.passage.text)


def _marked(hit: Hit) -> str:
    return " ".join(hit.passage.text[start:end] for start, end in hit.highlights)


def _within(quote: str, text: str) -> bool:
    return _plain(quote) in _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"[\s\-\u00ad]+", "", clean(text))


def _means(rows: list[dict[str, float]]) -> dict[str, Any]:
    names: Mapping[str, None] = dict.fromkeys(name for row in rows for name in row)
    return rounded({name: sum(v) / len(v) for name in names if (v := [row[name] for row in rows if name in row])})

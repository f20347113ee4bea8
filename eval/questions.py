"""Question sets: questions with the words that answer them, by file and quote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import InputError

SPLITS = ("dev", "test")
ALL = "all"  # stands for every slice together, in tables and floors
UNNAMED = "unnamed"  # the slice of questions that name none


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
    split: str | None = None  # "dev": to choose by, "test": to report
    previous: tuple[str, ...] = ()  # earlier questions of the conversation that this one goes on


class QuestionSet(NamedTuple):
    """One file of questions."""

    name: str
    sha256: str  # of the file
    questions: tuple[Question, ...]


def read_sets(paths: Sequence[Path], split: str | None = None) -> list[QuestionSet]:
    """Read several sets whose ids differ, or the questions of one split of them."""
    sets = [read_set(path) for path in paths]
    owners: dict[str, str] = {}
    for one, path in zip(sets, paths, strict=True):
        if one.name in owners.values():
            raise InputError(f"two sets are called {one.name}. Rename {path}, or name it once")
        for question in one.questions:
            if question.id in owners:
                raise InputError(f"{path}: the id {question.id} is also one of {owners[question.id]}. Ids are unique")
        owners |= dict.fromkeys((question.id for question in one.questions), one.name)
    if split is None:
        return sets
    kept = [one._replace(questions=tuple(q for q in one.questions if q.split == split)) for one in sets]
    kept = [one for one in kept if one.questions]
    if not kept:
        raise InputError(f'no question of {", ".join(map(str, paths))} has "split": "{split}". Leave --split out')
    return kept


def read_set(path: Path) -> QuestionSet:
    """Read a question set: lines with `id`, `question`, `answers` and, if wanted, `slice`, `split`, `previous`."""
    questions: dict[str, Question] = {}
    try:
        data = path.read_bytes()
        lines = data.decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise InputError(f"{path} cannot be read: {reason}. Name a question set") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = _question(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f'{path}, line {number}: needs "id", "question" and "answers" ({error})') from error
        if question.id in questions:
            raise InputError(f"{path}, line {number}: the id {question.id} is there already. Ids are unique")
        questions[question.id] = question
    if not questions:
        raise InputError(f"{path} holds no questions. Name a question set")
    return QuestionSet(path.stem, hashlib.sha256(data).hexdigest(), tuple(questions.values()))


def _question(record: dict[str, Any]) -> Question:
    previous = record.get("previous") or ()
    if record.get("split") not in (None, *SPLITS):
        raise ValueError(f"split is one of {', '.join(SPLITS)}")
    question = Question(
        id=_text(record["id"], "id"),
        question=_text(record["question"], "question"),
        answers=tuple(Accepted(_text(a["file"], "file"), _text(a["quote"], "quote")) for a in record["answers"]),
        slice=UNNAMED if record.get("slice", ALL) == ALL else _text(record["slice"], "slice"),
        split=record.get("split"),
        previous=tuple(_text(one, "previous") for one in ([previous] if isinstance(previous, str) else previous)),
    )
    if len(question.id.split()) != 1:
        raise ValueError("id is one word")
    return question


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is {value!r:.40}, which is no text")
    return value

"""Answers that users judged, turned into lines of a question set. The format is described in docs/evaluation.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from corpus.clean import clean, layout
from corpus.errors import InputError
from eval.questions import read_set
from index.store import Store

SLICE = "judged"
_T = TypeVar("_T")


class Judgement(NamedTuple):
    """One passage, or stretch of a document, that a user found useful for a question, or not."""

    question: str | None  # None where the operator keeps none
    document: str  # id or file name
    passage: str | None
    start: int | None
    end: int | None
    useful: bool
    previous: tuple[str, ...] = ()


class Turned(NamedTuple):
    """Lines of a question set, and what could not become any."""

    lines: list[dict[str, Any]]
    useless: int  # questions for which nothing was found useful
    gone: int  # useful passages that the index no longer holds
    unasked: int = 0  # judgements without their question


def read_judgements(paths: Sequence[Path]) -> list[Judgement]:
    """Read judgements, in the order they were given; raise `InputError` where none of a file's has a question."""
    return [judgement for path in paths for judgement in _asked(path)]


def _asked(path: Path) -> list[Judgement]:
    judgements = list(_read(path))
    if judgements and all(one.question is None for one in judgements):
        raise InputError(
            f"{path} holds {len(judgements)} judgements and none of their questions. "
            "Serve with --feedback-questions to keep them, and name that file"
        )
    return judgements


def _read(path: Path) -> Iterable[Judgement]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise InputError(f"{path} cannot be read: {reason}. Name a file of judgements") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _judgement(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InputError(
                    f'{path}, line {number}: needs "question", "document", "useful", and "passage" or "start" and '
                    f'"end" ({error}). Mend the line'
                ) from error


def _judgement(record: dict[str, Any]) -> Judgement:
    previous = record.get("previous") or ()
    judgement = Judgement(
        question=" ".join(_of(str, record["question"]).split()) if "question" in record else None,
        document=_of(str, record["document"]),
        passage=None if record.get("passage") is None else _of(str, record["passage"]),
        start=None if record.get("start") is None else _of(int, record["start"]),
        end=None if record.get("end") is None else _of(int, record["end"]),
        useful=_of(bool, record["useful"]),
        previous=tuple(_of(str, one) for one in ([previous] if isinstance(previous, str) else previous)),
    )
    if judgement.question == "":
        raise ValueError("the question is empty")
    spanned = judgement.start is not None and judgement.end is not None
    if not spanned and judgement.passage is None:
        raise KeyError("passage")
    return judgement


def _of(kind: type[_T], value: object) -> _T:
    if type(value) is not kind:
        raise ValueError(f"{value!r:.40} is no {kind.__name__}")
    return value


def question_lines(judgements: Iterable[Judgement], store: Store) -> Turned:
    """Turn judgements into lines of a question set, one for each question of which an answer was useful.

    The quote is taken from the index: the judged characters, or the whole passage. Of two judgements of the same place
    the later one counts; one without its question is counted alone.
    """
    verdicts: dict[tuple[str, tuple[str, ...]], dict[tuple[str, str] | None, bool]] = {}
    gone = unasked = 0
    for judgement in judgements:
        if judgement.question is None:
            unasked += 1
            continue
        of_question = verdicts.setdefault((judgement.question, judgement.previous), {})
        place = _place(judgement, store)
        gone += place is None and judgement.useful
        if place is not None:
            of_question[place] = judgement.useful
    lines = []
    for (question, previous), places in verdicts.items():
        answers = [{"file": place[0], "quote": place[1]} for place, useful in places.items() if place and useful]
        if answers:
            id_ = f"judged-{hashlib.sha256(json.dumps([question, previous]).encode()).hexdigest()[:12]}"
            line = {"id": id_, "question": question, "answers": answers, "slice": SLICE}
            lines.append(line | ({"previous": list(previous)} if previous else {}))
    return Turned(lines, useless=len(verdicts) - len(lines), gone=gone, unasked=unasked)


def _place(judgement: Judgement, store: Store) -> tuple[str, str] | None:
    """Give file and quote, or None where the index does not hold what was judged."""
    rows = store.find(judgement.document)
    if len(rows) != 1:
        return None
    document = store.document(rows[0])
    file = document.files[0].file
    if judgement.start is not None and judgement.end is not None:
        quote = clean(document.text[judgement.start : judgement.end], layout(document.text)).strip()
        inside = 0 <= judgement.start < judgement.end <= len(document.text)
        return (file, quote) if inside and quote else None
    passages = (stored.passage for stored in store.passages_of(rows[0]))
    return next(((file, passage.text) for passage in passages if passage.id == judgement.passage), None)


def append(path: Path, lines: Iterable[dict[str, Any]]) -> int:
    """Append the lines whose id a question set does not have yet, and give how many."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    known = {question.id for question in read_set(path).questions} if old.strip() else set()
    new = [line for line in lines if line["id"] not in known]
    start = "" if not old or old.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(start * bool(new) + "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in new))
    return len(new)

"""What readers found useful: kept only where the operator names a file, and the question only where asked for.

One line of JSON for each verdict: the ids of document and passage, whether it was useful, and the day; no time, no
address, no name. With the question, the lines are what `spoergetime eval judgements` reads.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from bot.quote import plain
from corpus.errors import InputError

_LARGEST = 50_000_000  # bytes of the file; whoever can ask could else fill the disk


class FullError(Exception):
    """The file is as large as it may become."""


class Verdict(NamedTuple):
    """Whether a passage was useful to someone who asked a question."""

    document: str
    passage: str
    useful: bool
    question: str | None = None


class Counts(NamedTuple):
    """What a file of feedback holds, or what of it was removed."""

    useful: int = 0
    useless: int = 0
    with_question: int = 0
    unreadable: int = 0

    @property
    def lines(self) -> int:
        """All lines."""
        return self.useful + self.useless + self.unreadable


class Feedback:
    """A file that verdicts are added to; raises `InputError` at once if it cannot be written."""

    def __init__(self, path: Path, *, questions: bool = False) -> None:
        self.path, self.questions = path, questions
        with _held(path):
            pass

    def add(self, verdict: Verdict) -> None:
        """Add one line; raise `FullError` if there is no room."""
        record: dict[str, Any] = {"document": verdict.document, "passage": verdict.passage, "useful": verdict.useful}
        if self.questions and verdict.question:
            record = {"question": " ".join(plain(verdict.question).split()), **record}
        with _held(self.path) as file:
            if file.tell() > _LARGEST:
                raise FullError
            file.write(json.dumps(record | {"day": date.today().isoformat()}, ensure_ascii=False) + "\n")


def count(path: Path) -> Counts:
    """Count what a file of feedback holds; raise `InputError` if it cannot be read."""
    return _counted(_lines(path))


def delete(path: Path, matches: Callable[[dict[str, Any]], bool], *, unreadable: bool = False) -> Counts:
    """Remove the lines that match, and with `unreadable` those that are none; give what was removed.

    The file is written anew and replaced in one step, while nothing can be added to it.
    """
    _lines(path)  # refuses what is not there, which opening for more would make
    with _held(path):
        kept: list[str] = []
        removed: list[str] = []
        for line in _lines(path):
            record = _record(line)
            (removed if (unreadable if record is None else matches(record)) else kept).append(line)
        if removed:
            _replace(path, "".join(f"{line}\n" for line in kept))
    return _counted(removed)


def selects(document: str | None, older_than: int | None) -> Callable[[dict[str, Any]], bool]:
    """Give what tells the verdicts on a document, or older than so many days, or both; with neither, all of them."""
    # ISO 8601 days are ordered as text; a line without a day is older than any.
    first = None if older_than is None else (date.today() - timedelta(days=older_than)).isoformat()

    def matches(record: dict[str, Any]) -> bool:
        of_document = document is None or record.get("document") == document
        return of_document and (first is None or str(record.get("day", "")) < first)

    return matches


@contextmanager
def _held(path: Path) -> Iterator[TextIO]:
    """Open a file to add to it, readable for its owner alone, with no other process at it."""
    while True:
        try:
            number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise InputError(
                f"feedback cannot be written to {path}: {error.strerror}. Name another file with --feedback"
            ) from error
        with os.fdopen(number, "a", encoding="utf-8", errors="replace") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0, os.SEEK_END)
            # While this waited, a deletion may have put another file in its place.
            if _same(path, file):
                yield file
                return


def _same(path: Path, file: TextIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return False


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if line.strip()]
    except OSError as error:
        raise InputError(
            f"feedback cannot be read from {path}: {error.strerror}. Name the file that serve writes"
        ) from error


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("useful"), bool) else None


def _counted(lines: list[str]) -> Counts:
    records = [_record(line) for line in lines]
    known = [record for record in records if record is not None]
    useful = sum(record["useful"] for record in known)
    asked = sum("question" in record for record in known)
    return Counts(useful, len(known) - useful, asked, len(records) - len(known))

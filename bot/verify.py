"""Re-checking citations: does the source still say what the answer quotes?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from corpus.clean import clean, layout
from corpus.document import load, page_at
from corpus.errors import InputError, UnreadableError
from corpus.files import Found
from corpus.readers import extract


class Checked(NamedTuple):
    """One citation, and why it does not hold (None: it holds)."""

    file: str
    start: int
    end: int
    failure: str | None


def verify_answers(path: Path, root: Path | None = None) -> list[Checked]:
    """Check every citation in an `ask --json` output, one answer or one a line, against the files on disk.

    Files are looked for where the answer says they were indexed, or under `root` if that is given.
    """
    return [
        Checked(c["file"], c["start"], c["end"], _failure(hit["text"], c, root))
        for answer in _answers(path)
        for hit in answer["hits"]
        for c in (hit["citation"],)
    ]


def _failure(text: str, citation: dict[str, Any], root: Path | None) -> str | None:
    found = Found(root or Path(citation.get("root", ".")), citation["file"])
    try:
        source, data = load(found)
        if source.sha256 != citation["sha256"]:
            return "the file has been changed since it was indexed"
        extracted = extract(PurePosixPath(found.file), data)
    except UnreadableError as error:
        return str(error)
    start, end = citation["start"], citation["end"]
    if clean(extracted.text[start:end], layout(extracted.text)) != text:
        return "these characters of the file do not say what the answer quotes"
    if citation["page"] != page_at(extracted.pages, start):
        return f"the passage stands on page {page_at(extracted.pages, start)}, not {citation['page']}"
    return None


def _answers(path: Path) -> Iterator[dict[str, Any]]:
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name the output of ask --json") from error
    try:
        try:
            answers = [json.loads(content)]
        except ValueError:
            answers = [json.loads(line) for line in content.splitlines() if line.strip()]
        for answer in answers:
            for hit in answer["hits"]:
                needed = hit["citation"]["file"], hit["citation"]["sha256"], hit["citation"]["page"], hit["text"]
                assert isinstance(hit["citation"]["start"], int) and isinstance(hit["citation"]["end"], int), needed
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise InputError(f"{path} is no output of ask --json. Make one: spoergetime ask QUESTION --json") from error
    yield from answers

"""Re-checking citations: does the source still say what the answer quotes?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from corpus.clean import clean, layout
from corpus.document import load, page_at
from corpus.errors import InputError, UnreadableError
from corpus.files import Found
from corpus.isolation import Reader
from corpus.records import Document
from corpus.split import MAX_CHARACTERS


class Checked(NamedTuple):
    """One citation, and why it does not hold (None: it holds)."""

    file: str
    start: int
    end: int
    failure: str | None


class _Source(NamedTuple):
    """A file as it is now, or why it cannot be read."""

    sha256: str
    document: Document | None
    reason: str | None


def verify_answers(path: Path, root: Path | None = None) -> list[Checked]:
    """Check every citation in an `ask --json` output, one answer or one a line, against the files on disk.

    Files are looked for where the answer says they were indexed, or under `root` if that is given.
    """
    cited = [(hit["text"], hit["citation"]) for answer in _answers(path) for hit in answer["hits"]]
    with Reader() as reader:

        @cache
        def source(found: Found) -> _Source:
            return _read(reader, found)

        return [Checked(c["file"], c["start"], c["end"], _failure(text, c, root, source)) for text, c in cited]


def _read(reader: Reader, found: Found) -> _Source:
    sha256 = ""
    try:
        file, data = load(found)
        sha256 = file.sha256
        return _Source(sha256, reader.read(file, found, data, MAX_CHARACTERS)[0], None)
    except UnreadableError as error:
        return _Source(sha256, None, str(error))


def _failure(text: str, citation: dict[str, Any], root: Path | None, source: Callable[[Found], _Source]) -> str | None:
    there = source(Found(root or Path(citation.get("root", ".")), citation["file"]))
    if there.sha256 and there.sha256 != citation["sha256"]:
        return "the file has been changed since it was indexed"
    if there.document is None:
        return there.reason if root or "root" in citation else f"{there.reason}. Say with --root where the files lie"
    start, end, pages = citation["start"], citation["end"], there.document.pages
    if clean(there.document.text[start:end], layout(there.document.text)) != text:
        return "these characters of the file do not say what the answer quotes"
    if citation["page"] != page_at(pages, start):
        return f"the passage stands on page {page_at(pages, start)}, not {citation['page']}"
    return None


def _answers(path: Path) -> Iterator[dict[str, Any]]:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}. Name the output of ask --json") from error
    try:
        try:
            answers = [json.loads(content)]
        except ValueError:
            answers = [json.loads(line) for line in content.splitlines() if line.strip()]
        for answer in answers:
            for hit in answer["hits"]:
                cited = hit["citation"]
                texts = hit["text"], cited["file"], cited["sha256"], cited.get("root", "")
                if not all(isinstance(text, str) for text in texts):
                    raise TypeError("a text is none")
                if not all(isinstance(cited[name], int) for name in ("start", "end")) or "page" not in cited:
                    raise TypeError("an offset is none")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no output of ask --json. Make one: spoergetime ask QUESTION --json") from error
    yield from answers

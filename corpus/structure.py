"""What kind of document a text is, what it says of itself, and which parts of it may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from corpus.debates import recognise_debate
from corpus.letters import recognise_letter
from corpus.records import Extracted, Fields, Section
from corpus.web import recognise_web


def recognise(extracted: Extracted) -> tuple[Fields, tuple[Section, ...]]:
    """Give the fields and the sections of a document, by the first layout that fits."""
    text = extracted.text
    told = extracted.recognised or recognise_debate(text) or recognise_letter(text) or recognise_web(text)
    fields, sections = told
    sections = tuple(_unanswered_marked(sections))
    return replace(fields, title=fields.title or extracted.title, url=fields.url or extracted.url), sections


def _unanswered_marked(sections: Sequence[Section]) -> Iterator[Section]:
    """Mark the questions, and the parts of questions, that were left without a reply."""
    replied: dict[str | None, set[str]] = {}
    for one in sections:
        if one.kind == "svar":
            replied.setdefault(one.number, set()).update(_parts(one.part) if one.part else ())
    for one in sections:
        parts = replied.get(one.number)
        left = parts is None or (one.part is not None and bool(parts) and one.part not in parts)
        yield replace(one, unanswered=True) if one.kind == "spørgsmål" and left else one


def _parts(label: str) -> list[str]:
    """Give every part that a reply's label names: "1 og 2", "a-c"."""
    ends = re.fullmatch(r"(\w)\s?[-–]\s?(\w)", label)
    if ends:
        return [chr(code) for code in range(ord(ends[1]), ord(ends[2]) + 1)]
    return re.split(r", | og ", label)

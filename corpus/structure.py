"""What kind of document a text is, what it says of itself, and which parts of it may be shown."""

from __future__ import annotations

from dataclasses import replace

from corpus.debates import recognise_debate
from corpus.letters import recognise_letter
from corpus.records import Extracted, Fields, Section
from corpus.web import recognise_web


def recognise(extracted: Extracted) -> tuple[Fields, tuple[Section, ...]]:
    """Give the fields and the sections of a document, by the first layout that fits."""
    text = extracted.text
    fields, sections = recognise_debate(text) or recognise_letter(text) or recognise_web(text)
    return replace(fields, title=fields.title or extracted.title, url=fields.url or extracted.url), sections

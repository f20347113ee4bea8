"""What stands around a passage and helps to find it: the document's title, what was asked, and who speaks."""

from __future__ import annotations

from corpus.clean import clean
from corpus.records import Document, Section

_LONGEST = 2_000  # characters of a question; more would drown the rest


def context(document: Document, section: Section) -> str:
    """Give the words by which a passage of this section is also found."""
    fields = document.fields
    around = [
        fields.title,
        fields.committee,
        fields.case,
        fields.number,
        fields.minister,
        fields.minister_title,
        section.heading,
        section.speaker,
        section.role,
        section.number,
    ]
    if section.kind == "svar":
        around += [
            clean(document.text[asked.start : min(asked.end, asked.start + _LONGEST)])
            for asked in document.sections
            if asked.kind == "spørgsmål" and asked.number == section.number and asked.part in (None, section.part)
        ]
    return " ".join(part for part in around if part)

"""A file becomes a document, and a document its passages."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from corpus.clean import clean_aligned, layout
from corpus.files import Found, content, sha256
from corpus.readers import extract
from corpus.records import Document, Page, Passage, Section, SourceFile
from corpus.split import MAX_CHARACTERS, pieces
from corpus.structure import recognise

READER = "7"  # changes whenever the same file would be read differently, so that indexes read it again

_SAYS_LITTLE = 100  # letters; what says less is the same only where it is the same to the letter
_NO_LETTER = re.compile(r"[\W_]+")
_CHAIR = 120  # characters; what the chair says at more length may be news


def load(found: Found) -> tuple[SourceFile, bytes]:
    """Read a file's or a member's bytes once, so that its hash and its text are of the same bytes."""
    data = content(found)
    return SourceFile(str(found.root), found.file, sha256(data)), data


def read(source: SourceFile, found: Found, data: bytes) -> Document:
    """Read one file into a document; raise `UnreadableError` with the reason if that cannot be."""
    extracted = extract(PurePosixPath(found.file), data)
    fields, sections = recognise(extracted)
    return Document(
        id=document_id(extracted.text),
        files=(source,),
        text=extracted.text,
        pages=extracted.pages,
        fields=fields,
        sections=sections,
    )


def signature(document: Document) -> str:
    """Name what a document says, whatever its format: the letters and figures of its sections, and what it is."""
    said = _NO_LETTER.sub("", "".join(document.text[s.start : s.end] for s in document.sections)).casefold()
    if len(said) < _SAYS_LITTLE:
        return document.id
    fields = document.fields
    about = f"{fields.kind}|{fields.number}|{fields.case}|{fields.status}|{fields.date}|"
    return hashlib.sha256((about + said).encode()).hexdigest()


def document_id(text: str) -> str:
    """Name a document by its text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def passages(document: Document, max_characters: int = MAX_CHARACTERS) -> Iterator[Passage]:
    """Cut a document's sections into passages, in order; what lies in no section gives none.

    For every passage `clean(document.text[start:end], layout(document.text)) == text`.
    """
    lines = layout(document.text)
    seen: Counter[str] = Counter()
    breaks = [match.start() for match in re.finditer("\n", document.text)]
    for number, section in enumerate(document.sections):
        cleaned, offsets = clean_aligned(document.text[section.start : section.end], lines)
        if _only_gives_the_floor(section, cleaned):
            continue
        for start, end in pieces(cleaned, max_characters):
            text = cleaned[start:end]
            source_start = section.start + offsets[start]
            yield Passage(
                id=_passage_id(document.id, text, seen),
                document=document.id,
                section=number,
                kind=section.kind,
                start=source_start,
                end=section.start + offsets[end - 1] + 1,
                page=page_at(document.pages, source_start),
                line=bisect_left(breaks, source_start) + 1,
                text=text,
            )


def page_at(pages: Sequence[Page], offset: int) -> int | None:
    """Give the number of the page on which a character stands, or None where there are no pages."""
    if not pages:
        return None
    return pages[max(0, bisect_right([page.start for page in pages], offset) - 1)].number


def _only_gives_the_floor(section: Section, cleaned: str) -> bool:
    """Tell whether these are the chair's words between two speeches ("Ministeren, værsgo."): they answer nothing."""
    return "formand" in (section.role or "") and len(cleaned) < _CHAIR


def _passage_id(document: str, text: str, seen: Counter[str]) -> str:
    """Name a passage by its content; the count parts passages that say the same."""
    digest = hashlib.sha256(f"{document}\0{text}".encode()).hexdigest()[:16]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"

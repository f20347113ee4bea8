"""The whole vocabulary: one frozen record per arrow of `file -> Document -> Passage -> vector -> Hit -> Answer`.

All `start` and `end` are character offsets into the text extracted from the file, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Kind = Literal["§20-svar", "udvalgssvar", "pressemeddelelse", "referat", "artikel", "dokument"]
Status = Literal["endeligt", "foreløbigt", "supplerende", "korrigeret"]
SectionKind = Literal["spørgsmål", "svar", "tekst"]


class SourceFile(NamedTuple):
    """One file on disk: `file` is relative to `root`, the indexed folder, with forward slashes."""

    root: str
    file: str
    sha256: str
    sidecar: str = ""  # SHA-256 of the file's sidecar, where it has one
    own: bool = True  # whether its document's text is this file's, or that of another that says the same


class Page(NamedTuple):
    """The characters of one page, numbered from 1; only paged formats have any."""

    number: int
    start: int
    end: int


class Extracted(NamedTuple):
    """What a reader gives: the file's whole text, its pages if it has pages, and what the format itself tells."""

    text: str
    pages: tuple[Page, ...] = ()
    title: str | None = None
    url: str | None = None
    recognised: tuple[Fields, tuple[Section, ...]] | None = None  # where nothing needs to be told from the text


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One question, answer, speech or stretch of text; what lies in no section is never shown as a passage."""

    kind: SectionKind
    start: int
    end: int
    heading: str | None = None
    part: str | None = None  # "a", "2": the sub-question this asks or answers
    speaker: str | None = None
    party: str | None = None
    role: str | None = None  # "beskæftigelsesministeren", "ordfører", "formand"
    time: str | None = None  # "13:02", or to the second where the source says so
    until: str | None = None  # "13:04:51": when the words ended
    number: str | None = None  # "S 560": the question this section asks or answers
    unanswered: bool = False  # a question, or a part of one, to which the document holds no reply
    addressee: str | None = None  # "udenrigsministeren": whom a question is put to


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a document says of itself; a field without evidence in the text is None, never guessed."""

    kind: Kind = "dokument"
    title: str | None = None
    date: str | None = None  # ISO 8601, of the document itself
    number: str | None = None  # "309", "S 1163"
    case: str | None = None  # "AMU alm. del", "L 92": what the number counts in
    committee: str | None = None
    session: str | None = None
    asker: str | None = None
    party: str | None = None
    minister: str | None = None
    minister_title: str | None = None
    ministry: str | None = None
    status: Status | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document with its text whole, its fields, and the sections that may be shown."""

    id: str
    files: tuple[SourceFile, ...]
    text: str
    pages: tuple[Page, ...]
    fields: Fields
    sections: tuple[Section, ...]
    sidecar: tuple[str, ...] = ()  # the fields that a sidecar gave


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of one section: `text` is the cleaned `Document.text[start:end]`; the unit that is found and cited."""

    id: str
    document: str
    section: int  # position in Document.sections
    kind: SectionKind
    start: int
    end: int
    page: int | None
    line: int  # in the extracted text, from 1
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a passage stands, so that anyone can check it."""

    root: str
    file: str
    sha256: str
    page: int | None
    start: int
    end: int
    line: int


class Link(NamedTuple):
    """Another document, by the line that names it."""

    document: str
    reference: str


class Matched(NamedTuple):
    """A term that a question was searched by, and the words of a passage that hold it; none where nothing does."""

    term: str  # a stem, or a number, date or section of law in its one form
    weight: float  # in the query, times how rare it is in the archive
    words: tuple[str, ...]
    compounds: tuple[str, ...]  # of which it is a part
    context: tuple[str, ...]  # in the title, the question or the speaker's name
    stands_for: str | None  # the question's own term, where this one was added


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a passage stands where it stands."""

    parts: dict[str, float]  # of the score; they add up to it
    bm25: float  # of the best passage's
    cosine: float
    lexical: float  # what the words gave to the fusion of the legs, by which the passage was found
    dense: float  # what the vectors gave
    terms: tuple[Matched, ...] = ()  # only where they were asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One passage found for a query."""

    rank: int
    score: float
    passage: Passage
    highlights: tuple[tuple[int, int], ...]  # offsets into passage.text
    citation: Citation
    reference: str
    fields: Fields
    section: Section
    files: tuple[str, ...] = ()  # all files that say the same; the first is the one cited
    superseded_by: Link | None = None  # the answer that is in force instead
    supplemented_by: tuple[Link, ...] = ()  # the answers that add to this one
    refers_to: tuple[Link, ...] = ()  # the answers that this one points to
    explain: Explanation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The hits for one question, and whether the best of them answers it."""

    question: str
    searched: str
    answered: bool
    confidence: float
    generation: str
    hits: tuple[Hit, ...]
    expanded: tuple[str, ...] = ()  # words that were also searched for
    unknown: tuple[str, ...] = ()  # words of the question that the archive does not hold


class Quarantined(NamedTuple):
    """A file that could not be read, and why."""

    file: str
    reason: str


class Differing(NamedTuple):
    """A field that a document's sidecar gives otherwise than its text; the sidecar's value is the one that is used."""

    file: str
    field: str
    text: str
    sidecar: str


def values(record: Fields | Section | Citation | Explanation) -> dict[str, Any]:
    """Give a record's fields as they are; dataclasses.asdict copies them deeply, which takes twenty times as long."""
    return {name: getattr(record, name) for name in record.__slots__}

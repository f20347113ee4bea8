"""The source viewer: a whole document for reading, with one passage marked in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from bot.archive import Source
from bot.quote import quote
from bot.terms import KINDS, SECTIONS, STATUSES, asker, clock, minister, session, speaker
from corpus.clean import Layout, clean_aligned, layout
from corpus.records import Document, Link, Page, Section
from corpus.reference import danish_date, reference
from index.store import Stored

Span = tuple[int, int]


class _Segment(NamedTuple):
    """A stretch of the document's text: one section, or what lies between two."""

    start: int
    end: int
    section: Section | None


def source_page(source: Source, span: Span | None) -> str:
    """Give the page of one document; `span`, offsets into its extracted text, is marked word for word."""
    document, passages, related = source
    name = reference(document.fields, Section(kind="tekst", start=0, end=0), document.files[0].file)
    return page(
        name,
        f"{_bar(document.id, passages, span)}<main><h1>{quote(name)}</h1>{_facts(document)}{_related(related)}"
        f'<article class="dokument">{"".join(_body(document, span))}</article></main>',
    )


def error_page(heading: str, sentence: str) -> str:
    """Give a page that says what went wrong."""
    return page(heading, f"{_bar('', (), None)}<main><h1>{quote(heading)}</h1><p>{quote(sentence)}</p></main>")


def page(title: str, body: str) -> str:
    """Wrap the body of an own page, which needs no script."""
    return (
        '<!doctype html><html lang="da"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{quote(title)} – Spørgetime</title>"
        '<link rel="stylesheet" href="/stil/faelles.css"><link rel="stylesheet" href="/stil/kilde.css">'
        f"</head><body>{body}</body></html>"
    )


def _bar(document: str, passages: Sequence[Stored], span: Span | None) -> str:
    """Give the bar that stays in view: back to the questions, and to the passages before and after."""
    links = ""
    if passages and span:
        here = max(0, bisect_right([stored.passage.start for stored in passages], span[0]) - 1)
        steps = (("Forrige", "prev", here - 1), ("Næste", "next", here + 1))
        links = "".join(
            _step(document, passages[at], name, rel)
            if 0 <= at < len(passages)
            else f'<span aria-hidden="true">{name}</span>'
            for name, rel, at in steps
        )
        links = f'<nav aria-label="Uddrag">{links}</nav>'
    elif passages:
        links = f'<nav aria-label="Uddrag">{_step(document, passages[0], "Første", "next")}</nav>'
    return f'<header class="bjaelke"><a class="hjem" href="/">Spørgetime</a>{links}</header>'


def _step(document: str, stored: Stored, name: str, rel: str) -> str:
    start, end = stored.passage.start, stored.passage.end
    href = f"/kilde/{quote(document)}?start={start}&amp;end={end}#uddrag"
    return f'<a rel="{rel}" href="{href}">{name}<span class="lang"> uddrag</span></a>'


def _facts(document: Document) -> str:
    fields = document.fields
    known = {
        "Titel": fields.title if fields.number else None,  # otherwise the heading names it already
        "Dokumenttype": KINDS.get(fields.kind),
        "Status": fields.status and STATUSES.get(fields.status),
        "Nummer": fields.number,
        "Sag": fields.case,
        "Spørger": asker(fields),
        "Minister": minister(fields),
        "Ministerium": fields.ministry,
        "Udvalg": fields.committee,
        "Samling": fields.session and session(fields.session),
        "Dato": danish_date(fields.date),
        "Fil" if len(document.files) == 1 else "Filer": "\n".join(dict.fromkeys(f.file for f in document.files)),
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{quote(value)}</dd></div>" for name, value in known.items() if value)
    if fields.url and fields.url.startswith(("https://", "http://")):
        link = f'<a href="{quote(fields.url)}" rel="noopener noreferrer">{quote(fields.url)}</a>'
        rows += f"<div><dt>Adresse</dt><dd>{link}</dd></div>"
    return f"<dl>{rows}</dl>"


def _related(related: Mapping[str, Sequence[Link]]) -> str:
    """Link to the answers that are in force instead, that were before, and that are pointed to."""
    rows = ""
    for name, links in related.items():
        listed = "<br>".join(f'<a href="/kilde/{quote(link.document)}">{quote(link.reference)}</a>' for link in links)
        rows += f"<div><dt>{name}</dt><dd>{listed}</dd></div>" if links else ""
    return f'<dl class="forbundne">{rows}</dl>' if rows else ""


def _body(document: Document, span: Span | None) -> Iterator[str]:
    lines = layout(document.text)
    writer = _Writer(document.text, lines, document.pages, span)
    before: tuple[str | None, ...] = ()
    for segment in _segments(document):
        paragraphs = writer.paragraphs(segment)
        if not paragraphs:
            continue
        if segment.section is None:
            yield f'<div class="udenfor">{paragraphs}</div>'
            continue
        heading = _heading(segment.section)
        yield f'<section class="{_STYLES.get(segment.section.kind, "afsnit")}">'
        if heading and heading != before:
            yield _titled(*heading)
        before = heading
        yield f"{paragraphs}</section>"


def _titled(what: str | None, who: str | None, when: str | None) -> str:
    named = (("hvad", what), ("hvem", who), ("tid", when))
    spans = " ".join(f'<span class="{css}">{quote(text)}</span>' for css, text in named if text)
    return f"<h2>{spans}</h2>"


_STYLES = {"spørgsmål": "spoergsmaal", "svar": "svar"}


def _heading(section: Section) -> tuple[str | None, str | None, str | None] | tuple[()]:
    """Give what a section is, who speaks and when; sections cut apart by a page's foot share one heading."""
    what = SECTIONS.get(section.kind)
    if what and section.number:
        what = f"Spørgsmål nr. {section.number}" if section.kind == "spørgsmål" else f"Svar på nr. {section.number}"
    if what and section.part:
        what = f"{what}, {section.part}"
    if what and section.unanswered:
        what = f"{what} (intet svar her)"
    who = speaker(section)
    return (what, who, clock(section) if who else None) if what or who else ()


def _segments(document: Document) -> Iterator[_Segment]:
    """Cut the whole text at the borders of its sections, in order; nothing is left out or given twice."""
    cursor = 0
    for section in sorted(document.sections, key=lambda one: one.start):
        start, end = max(cursor, section.start), min(section.end, len(document.text))
        if start >= end:
            continue
        if start > cursor:
            yield _Segment(cursor, start, None)
        yield _Segment(start, end, section)
        cursor = end
    if cursor < len(document.text):
        yield _Segment(cursor, len(document.text), None)


class _Writer:
    """Writes segments as paragraphs, and knows which page comes next and whether the passage was met."""

    def __init__(self, text: str, lines: Layout, pages: Sequence[Page], span: Span | None) -> None:
        self._text, self._lines = text, lines
        self._pages = list(reversed(pages))
        self._span = span or (0, 0)
        self._met = False

    def paragraphs(self, segment: _Segment) -> str:
        """Give one segment cleaned for reading, as `<p>` elements."""
        text, offsets = clean_aligned(self._text[segment.start : segment.end], self._lines)
        if not text:
            return ""
        low, high = (bisect_left(offsets, at - segment.start) for at in self._span)
        pages: dict[int, int] = {}
        # A page that begins in the white space after the last word belongs to the next segment.
        while self._pages and self._pages[-1].start - segment.start <= offsets[-1]:
            number, start, _ = self._pages.pop()
            at = bisect_left(offsets, max(0, start - segment.start))
            pages[at + (text[at] == "\n")] = number
        written, cursor = [], 0
        for paragraph in text.split("\n"):
            end = cursor + len(paragraph)
            borders = sorted({cursor, end, *(at for at in (low, high, *pages) if cursor < at < end)})
            inner = "".join(self._piece(text[a:b], low <= a < high, pages.get(a)) for a, b in pairwise(borders))
            written.append(f"<p>{inner}</p>")
            cursor = end + 1
        return "".join(written)

    def _piece(self, text: str, marked: bool, number: int | None) -> str:
        # The page's number is written by the style sheet, so that it is no part of the text one copies.
        page_mark = f'<span class="side" data-side="Side {number}"></span>' if number is not None else ""
        if not marked:
            return page_mark + quote(text)
        anchor = "" if self._met else ' id="uddrag"'
        self._met = True
        return f"{page_mark}<mark{anchor}>{quote(text)}</mark>"
